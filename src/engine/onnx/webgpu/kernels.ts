/** Kernels written around what ONNX Runtime's WebGPU device lacks. */
import { backend_util, type SplitVAttrs } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import { SmoothOutError } from '../../../support/errors.js';
import { inImageParts } from '../image-parts.js';
import { steepStep } from '../kernels/activation.js';
import { convolution } from '../kernels/convolution.js';
import { depthwiseConvolution } from '../kernels/depthwise.js';
import { eachElement, op } from '../kernels/elementwise.js';
import { GPU_KERNELS } from '../kernels/gpu.js';
import { chunks, LARGEST } from '../kernels/gpu-windows.js';
import { axisOf, type KernelTable, kernel } from '../kernels/kernel.js';
import { shape } from '../kernels/shape.js';
import type { Traced } from '../traced.js';

/** ONNX Runtime 1.30 computes a `ConvTranspose` with groups of an even number of channels wrongly on this device. */
const depthwiseInputGradient: typeof convolution.Conv2DBackpropInput = (graph, inputs, attributes) => {
  const multiplier = at(inputs.filter.shape, 3);
  if (multiplier === 1) return depthwiseConvolution.DepthwiseConv2dNativeBackpropInput(graph, inputs, attributes);
  throw new SmoothOutError(
    'UNSUPPORTED_OP',
    `The gradient of a depthwise convolution with ${multiplier} filters for each channel is not to be had on WebGPU.`,
    { hint: 'Run with --device cpu.' },
  );
};

/** WebGPU promises 8 buffers to a shader: one to read and one for each piece. */
const PIECES = 7;

export const WEBGPU_KERNELS = {
  ...inImageParts({ ...convolution, ...GPU_KERNELS }, { elements: LARGEST, images: 1 }),
  Step: steepStep,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,

  /** AdaSmoothOut takes signs. 2⁻¹²⁶ is the least number beside 0 that a GPU must know. */
  Sign: kernel<'x'>((graph, { x }, attributes) => {
    if (x.dtype !== 'float32') return op('Sign')(graph, { x }, attributes);
    return eachElement(x, (name) => {
      return graph.node('Clip', [graph.node('Mul', [name, graph.float(2 ** 126)]), graph.float(-1), graph.float(1)]);
    });
  }),

  /** Splits into many pieces are made in stages: a few long pieces first, which are split again. */
  SplitV: kernel<'x', SplitVAttrs, Traced[]>((graph, { x }, { numOrSizeSplits, axis }) => {
    const along = axisOf(axis, x.shape);
    const sizes = backend_util.prepareSplitSize(x as never, numOrSizeSplits, along);
    const split = (value: Traced, into: readonly number[]): Traced[] => {
      if (into.length <= PIECES) return shape.SplitV(graph, { x: value }, { numOrSizeSplits: [...into], axis: along });
      const runs = chunks(into, Math.ceil(into.length / PIECES));
      return split(value, runs.map(sum)).flatMap((run, i) => split(run, at(runs, i)));
    };
    return split(x, sizes);
  }),
} satisfies KernelTable;

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
