/**
 * Kernels of TensorFlow's Node.js package that do not take all that tfjs gives them, made to. Of convolutions and pools it
 * takes the paddings 'same' and 'valid' alone, not those in numbers nor sizes that are rounded up, so other images are
 * padded first and their gradients are cut afterwards.
 */
import { isDeepStrictEqual } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { at, named } from '../support/at.js';
import { type ConvolutionAttributes, convolutionInfo, windowAttributes } from './onnx/kernels/convolution.js';
import { type PoolAttributes, poolInfo } from './onnx/kernels/pooling.js';

type Shape = readonly number[];
type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = PoolAttributes & ConvolutionAttributes & { readonly inputShape: Shape; readonly filterShape: Shape };

/** What a kernel does with images. `operand` is the one it reads; `isGradient` where it returns one's gradient. */
interface ImageKernel {
  readonly operand?: 'x' | 'input';
  readonly isGradient?: boolean;
  /** What images are padded with. */
  readonly fill?: number;
  readonly kind: 'convolution' | 'depthwise' | 'pool';
}

const IMAGE_KERNELS: Readonly<Record<string, ImageKernel>> = {
  Conv2D: { kind: 'convolution', operand: 'x' },
  Conv2DBackpropFilter: { kind: 'convolution', operand: 'x' },
  Conv2DBackpropInput: { kind: 'convolution', isGradient: true },
  DepthwiseConv2dNative: { kind: 'depthwise', operand: 'x' },
  DepthwiseConv2dNativeBackpropFilter: { kind: 'depthwise', operand: 'x' },
  DepthwiseConv2dNativeBackpropInput: { kind: 'depthwise', isGradient: true },
  MaxPool: { kind: 'pool', operand: 'x', fill: Number.NEGATIVE_INFINITY },
  MaxPoolGrad: { kind: 'pool', operand: 'input', isGradient: true, fill: Number.NEGATIVE_INFINITY },
  AvgPool: { kind: 'pool', operand: 'x' },
  AvgPoolGrad: { kind: 'pool', operand: 'input', isGradient: true },
};

let isComplete = false;

/** Once the package is loaded. */
export function completeKernels(): void {
  if (isComplete) return;
  isComplete = true;
  for (const [name, kernel] of Object.entries(IMAGE_KERNELS)) {
    replace(name, (compute) => withPadding(name, kernel, compute));
  }
  replace('GatherV2', axisFromTheFront);
}

function replace(name: string, complete: (compute: tf.KernelFunc) => tf.KernelFunc): void {
  const config = tf.getKernel(name, 'tensorflow');
  tf.unregisterKernel(name, 'tensorflow');
  tf.registerKernel({ ...config, kernelFunc: complete(config.kernelFunc) });
}

/** The kernel checks indices against the extent of the axis, which it looks up by a number that may be negative. */
function axisFromTheFront(compute: tf.KernelFunc): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [axis] = tf.util.parseAxisParam(attrs!.axis as number, (inputs.x as tf.TensorInfo).shape);
    return compute({ inputs, attrs: { ...attrs, axis: axis! }, backend });
  };
}

/** The kernel `compute` for every padding and rounding. */
function withPadding(
  name: string,
  { kind, operand, isGradient, fill = 0 }: ImageKernel,
  compute: tf.KernelFunc,
): tf.KernelFunc {
  return (call) => {
    const inputs = call.inputs as Inputs;
    const attrs = call.attrs as unknown as Attributes;
    const shape = operand ? named(inputs, operand).shape : attrs.inputShape;
    const pads = padsOf(kind, shape, inputs, attrs);
    const by = (pad: 'same' | 'valid') => ({ ...attrs, pad, dimRoundingMode: 'floor' }) as const;
    // The kernels of the Node.js package return tensors.
    const computed = (given: Inputs, attributes: object) =>
      compute({ ...call, inputs: given, attrs: attributes as tf.NamedAttrMap }) as tf.Tensor;

    const known = (['valid', 'same'] as const).find((pad) =>
      isDeepStrictEqual(pads, padsOf(kind, shape, inputs, by(pad))),
    );
    if (known) return computed(inputs, by(known));

    const [top, left, bottom, right] = pads;
    const widths: [number, number][] = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const padded = (x: tf.TensorInfo, value: number) => tf.pad(x as tf.Tensor, widths, value);
    // How much of each window is inside the image: an average pool divides by no more.
    const inside = () => {
      const ones = padded(tf.ones([1, at(shape, 1), at(shape, 2), 1]), 0) as tf.Tensor4D;
      return tf.avgPool(ones, attrs.filterSize, attrs.strides, 'valid');
    };
    return tf.tidy(() => {
      const given = {
        ...inputs,
        ...(operand && { [operand]: padded(named(inputs, operand), fill) }),
        ...(name === 'AvgPoolGrad' && { dy: tf.div(inputs.dy as tf.Tensor, inside()) }),
      };
      const inputShape = shape.map((extent, i) => extent + at(widths, i)[0] + at(widths, i)[1]);
      const result = computed(given, { ...by('valid'), inputShape });
      if (name === 'AvgPool') return tf.div(result, inside());
      return isGradient ? tf.slice(result, [0, top, left, 0], [...shape]) : result;
    });
  };
}

/** Rows above, columns to the left, rows below, columns to the right. */
function padsOf(kind: ImageKernel['kind'], image: Shape, { filter }: Inputs, attributes: Attributes) {
  const info =
    kind === 'pool'
      ? poolInfo(image, attributes)
      : convolutionInfo(image, filter?.shape ?? attributes.filterShape, attributes, kind === 'depthwise');
  return windowAttributes(info).pads;
}
