/**
 * What TensorFlow.js lacks to differentiate a gradient once more: the gradients of a convolution's filter gradient and of
 * max pooling's, and those of functions whose gradient is computed from their own output.
 */
import * as tf from '@tensorflow/tfjs';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';

type Pair = [number, number];

/**
 * Calls `compute` with gradients that can be differentiated themselves; those of tfjs are back in force afterwards.
 *
 * @throws SmoothOutError UNSUPPORTED_OP where `tf.customGrad` saves what it computed itself, as `tf.logSoftmax` does
 */
export function withSecondOrderGradients<T>(compute: () => T): T {
  const before = REPLACED.map(([kernelName]) => tf.getGradient(kernelName));
  const replacements = REPLACED.map(([kernelName, input], i) => fromInput(kernelName, input, at(before, i).gradFunc));
  const added = [filterGradient, maxPoolGradient];
  for (const config of [...replacements, ...added]) tf.registerGradient(config);
  const { runKernelFunc } = engine();
  engine().runKernelFunc = (invocation) => runKernelFunc.call(engine(), withCheckedSaves(invocation));
  try {
    return compute();
  } finally {
    engine().runKernelFunc = runKernelFunc;
    for (const config of before) tf.registerGradient(config);
    for (const { kernelName } of added) tf.unregisterGradient(kernelName);
  }
}

/**
 * tfjs notes a saved output on its tape before the function that gives it, so a second pass backwards never gets from the
 * one to the other, and what goes that way would silently be missing. A saved input has no such fault.
 */
const REPLACED = [
  ['Exp', 'x'],
  ['Sigmoid', 'x'],
  ['Tanh', 'x'],
  ['Softmax', 'logits'],
] as const;

/** A gradient that computes the function's output again from its input, so that it can be differentiated. */
function fromInput(kernelName: string, input: string, gradFunc: tf.GradFunc): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, [x], attributes) => {
      const output = tf.engine().runKernel(kernelName, { [input]: x! }, attributes) as tf.Tensor;
      return gradFunc(dy, [output], attributes);
    },
  };
}

interface CustomGradient {
  readonly forwardFunc?: (backend: unknown, save: tf.GradSaveFunc) => unknown;
}

/** The private part of tfjs's engine through which every operator goes, those of `tf.customGrad` with a function. */
const engine = () =>
  tf.engine() as unknown as { runKernelFunc: (invocation: CustomGradient) => unknown; nextTensorId: () => number };

/** Nothing that is computed inside of `tf.customGrad` is on the tape: a derivative through it would silently be missing. */
function withCheckedSaves(invocation: CustomGradient): CustomGradient {
  const { forwardFunc } = invocation;
  if (!forwardFunc) return invocation;
  const first = engine().nextTensorId();
  const checked = (save: tf.GradSaveFunc) => (tensors: tf.Tensor[]) => {
    if (tensors.every(({ id }) => id < first)) return save(tensors);
    throw new SmoothOutError(
      'UNSUPPORTED_OP',
      'The curvature cannot be had of a tf.customGrad that saves its own results.',
      {
        hint: 'tf.logSoftmax does so: without it at its end a network has the same loss. In your own, save inputs instead.',
      },
    );
  };
  return { ...invocation, forwardFunc: (backend, save) => forwardFunc(backend, checked(save)) };
}

/** The filter gradient is bilinear in x and dy, as the convolution is in x and its filter. */
const filterGradient: tf.GradConfig = {
  kernelName: 'Conv2DBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc: (upstream, saved, attributes) => {
    const filter = upstream as tf.Tensor4D;
    const [x, dy] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { strides, pad, dimRoundingMode } = attributes as unknown as tf.Conv2DBackpropFilterAttrs;
    return {
      x: () => tf.conv2dTranspose(dy, filter, x.shape, strides as Pair, pad as 'same', dimRoundingMode),
      dy: () => tf.conv2d(x, filter, strides as Pair, pad as 'same', 'NHWC', 1, dimRoundingMode),
    };
  },
};

/** The places of the maxima change with the image on a set of measure zero only: the gradient of the gradient is 0 there. */
const maxPoolGradient: tf.GradConfig = {
  kernelName: 'MaxPoolGrad',
  inputsToSave: ['dy', 'input', 'output'],
  gradFunc: (upstream, saved, attributes) => {
    const [dy, input, output] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    return {
      dy: () => atMaxima(upstream as tf.Tensor4D, input, output, attributes as unknown as tf.MaxPoolAttrs),
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(dy),
    };
  },
};

/** Less than any value of an image: padding that never is a window's largest. */
const LOWEST = -3.4e38;

/** Picks the `values` [N, H, W, C] at which `image` has each window's largest value, the first of equals: [N, h, w, C]. */
function atMaxima(
  values: tf.Tensor4D,
  image: tf.Tensor4D,
  largest: tf.Tensor,
  { filterSize, strides, pad, dimRoundingMode }: tf.MaxPoolAttrs,
): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(image.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info;
  const lastRow = (outHeight - 1) * strideHeight + filterHeight;
  const lastColumn = (outWidth - 1) * strideWidth + filterWidth;
  const around: [Pair, Pair, Pair, Pair] = [
    [0, 0],
    [padInfo.top, Math.max(0, lastRow - padInfo.top - info.inHeight)],
    [padInfo.left, Math.max(0, lastColumn - padInfo.left - info.inWidth)],
    [0, 0],
  ];
  const padded = { image: tf.pad(image, around, LOWEST), values: tf.pad(values, around) };
  const place = (x: tf.Tensor, row: number, column: number) => {
    const [bottom, right] = [row + (outHeight - 1) * strideHeight, column + (outWidth - 1) * strideWidth];
    const end = [info.batchSize, bottom + 1, right + 1, info.inChannels];
    return tf.stridedSlice(x, [0, row, column, 0], end, [1, strideHeight, strideWidth, 1]);
  };
  let found = tf.zerosLike(largest);
  let sum = tf.zerosLike(largest);
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const isLargest = tf.cast(tf.equal(place(padded.image, row, column), largest), 'float32');
      const isFirst = tf.mul(isLargest, tf.sub(1, found));
      sum = tf.add(sum, tf.mul(isFirst, place(padded.values, row, column)));
      found = tf.add(found, isFirst);
    }
  }
  return sum;
}
