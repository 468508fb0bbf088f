/** Conformance cases: convolutions and their gradients. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, withGradients } from '../case.js';

type Pair = [number, number];
type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

interface Geometry {
  readonly image: readonly [batch: number, height: number, width: number, channels: number];
  readonly kernel: Pair;
  readonly outputs: number;
  readonly stride: number | Pair;
  readonly pad: Padding;
}

/** Kernels of 1, 3, 5, 11 and even sides; strides 1, 2, 4, also where they do not divide; one channel and several. */
const GEOMETRIES: readonly Geometry[] = [
  { image: [2, 5, 5, 3], kernel: [3, 3], outputs: 4, stride: 1, pad: 'same' },
  { image: [2, 5, 5, 3], kernel: [3, 3], outputs: 4, stride: 1, pad: 'valid' },
  { image: [2, 6, 5, 3], kernel: [3, 3], outputs: 4, stride: 1, pad: 1 },
  { image: [2, 5, 6, 3], kernel: [3, 3], outputs: 2, stride: 2, pad: 'same' },
  { image: [2, 6, 6, 3], kernel: [3, 3], outputs: 2, stride: 2, pad: 'valid' },
  { image: [2, 7, 8, 2], kernel: [3, 3], outputs: 3, stride: 2, pad: 1 },
  { image: [1, 8, 8, 2], kernel: [3, 3], outputs: 2, stride: 4, pad: 'same' },
  { image: [1, 9, 10, 2], kernel: [3, 3], outputs: 2, stride: 4, pad: 'valid' },
  { image: [2, 4, 5, 3], kernel: [1, 1], outputs: 5, stride: 1, pad: 'same' },
  { image: [2, 5, 6, 3], kernel: [1, 1], outputs: 2, stride: 2, pad: 'same' },
  { image: [2, 5, 6, 3], kernel: [1, 1], outputs: 2, stride: 2, pad: 0 },
  { image: [2, 7, 7, 2], kernel: [1, 1], outputs: 2, stride: 4, pad: 'valid' },
  { image: [1, 4, 4, 2], kernel: [1, 1], outputs: 2, stride: 1, pad: 1 },
  { image: [2, 7, 6, 2], kernel: [5, 5], outputs: 3, stride: 1, pad: 2 },
  { image: [2, 9, 8, 2], kernel: [5, 5], outputs: 3, stride: 2, pad: 'same' },
  { image: [1, 7, 7, 1], kernel: [5, 5], outputs: 1, stride: 1, pad: 'valid' },
  { image: [2, 15, 16, 3], kernel: [11, 11], outputs: 2, stride: 4, pad: 2 },
  { image: [1, 23, 21, 1], kernel: [11, 11], outputs: 2, stride: 4, pad: 'same' },
  { image: [1, 12, 11, 2], kernel: [11, 11], outputs: 1, stride: 1, pad: 'valid' },
  { image: [2, 5, 6, 2], kernel: [2, 2], outputs: 3, stride: 1, pad: 'same' },
  { image: [2, 5, 7, 2], kernel: [2, 2], outputs: 3, stride: 2, pad: 'same' },
  { image: [2, 7, 7, 2], kernel: [4, 4], outputs: 2, stride: 2, pad: 'valid' },
  { image: [2, 6, 6, 1], kernel: [4, 4], outputs: 1, stride: 1, pad: 'same' },
  { image: [1, 6, 7, 2], kernel: [3, 1], outputs: 2, stride: [2, 1], pad: 'same' },
  { image: [1, 6, 7, 2], kernel: [2, 5], outputs: 2, stride: [1, 3], pad: 'valid' },
  {
    image: [1, 5, 5, 2],
    kernel: [3, 3],
    outputs: 2,
    stride: 1,
    pad: [
      [0, 0],
      [2, 1],
      [0, 2],
      [0, 0],
    ],
  },
  {
    image: [1, 6, 7, 2],
    kernel: [3, 2],
    outputs: 2,
    stride: 2,
    pad: [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ],
  },
  { image: [1, 4, 4, 1], kernel: [2, 2], outputs: 2, stride: 1, pad: 2 },
  { image: [3, 1, 1, 4], kernel: [1, 1], outputs: 2, stride: 1, pad: 'same' },
  { image: [2, 3, 3, 2], kernel: [3, 3], outputs: 2, stride: 1, pad: 'valid' },
];

/** Channels in multiples of 8 and 16, with batches that fill blocks of images, exceed them and do not fill one. */
const BLOCKED_GEOMETRIES: readonly Geometry[] = [
  { image: [16, 4, 5, 16], kernel: [3, 3], outputs: 32, stride: 1, pad: 1 },
  { image: [19, 5, 4, 32], kernel: [3, 3], outputs: 16, stride: 2, pad: 1 },
  { image: [17, 5, 5, 16], kernel: [3, 3], outputs: 16, stride: 2, pad: 'same' },
  { image: [16, 6, 4, 16], kernel: [3, 3], outputs: 16, stride: 2, pad: 'valid' },
  { image: [18, 5, 5, 16], kernel: [1, 1], outputs: 32, stride: 2, pad: 0 },
  { image: [16, 4, 4, 16], kernel: [2, 2], outputs: 16, stride: 1, pad: 'same' },
  { image: [16, 5, 5, 16], kernel: [5, 5], outputs: 16, stride: 1, pad: 2 },
  { image: [3, 6, 5, 16], kernel: [3, 3], outputs: 16, stride: 1, pad: 1 },
  { image: [16, 6, 6, 3], kernel: [3, 3], outputs: 16, stride: 1, pad: 1 },
  { image: [16, 3, 3, 8], kernel: [3, 3], outputs: 24, stride: 1, pad: 'valid' },
  { image: [16, 7, 7, 16], kernel: [2, 3], outputs: 16, stride: 3, pad: 'valid' },
  { image: [16, 4, 4, 16], kernel: [2, 2], outputs: 16, stride: 1, pad: 2 },
];

const paddingName = (pad: Padding) => (Array.isArray(pad) ? `pad ${JSON.stringify(pad.slice(1, 3))}` : `pad ${pad}`);

function describe({ image, kernel, outputs, stride, pad }: Geometry): string {
  return `${kernel.join('×')} kernel, ${image.join('×')} → ${outputs} channels, stride ${stride}, ${paddingName(pad)}`;
}

function imageAndFilter({ image, kernel, outputs }: Geometry) {
  return [floats(image, -1, 1), floats([...kernel, image[3], outputs], -1, 1)];
}

const convolve = (x: tf.Tensor, filter: tf.Tensor, { stride, pad }: Pick<Geometry, 'stride' | 'pad'>) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);

function convolutionCase(geometry: Geometry): ConformanceCase {
  return withGradients(`convolution: ${describe(geometry)}`, imageAndFilter(geometry), (x, filter) =>
    convolve(x!, filter!, geometry),
  );
}

const toChannelsLast = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]);

const layouts = [
  withGradients(
    'convolution: images and filters stored channels first, two layers',
    [floats([2, 3, 6, 6], -1, 1), floats([4, 3, 3, 3], -1, 1), floats([2, 4, 3, 3], -1, 1), floats([4])],
    (x, first, second, bias) => {
      const filter = (stored: tf.Tensor) => tf.transpose(stored, [2, 3, 1, 0]);
      const hidden = tf.relu(tf.add(convolve(toChannelsLast(x!), filter(first!), { stride: 1, pad: 1 }), bias!));
      return [convolve(hidden, filter(second!), { stride: 2, pad: 1 }), tf.mean(hidden, [1, 2])];
    },
  ),
  withGradients('convolution: one image of rank 3', [floats([5, 5, 2]), floats([3, 3, 2, 2])], (x, filter) =>
    tf.conv2d(x! as tf.Tensor3D, filter! as tf.Tensor4D, 1, 'same'),
  ),
];

/** ONNX Runtime blocks channels by 16 (or 8) and fuses what follows a convolution. */
const blocks = withGradients(
  'convolution: channels in blocks of 16, with bias, ReLU, pooling and a sum',
  [floats([2, 9, 9, 16], -1, 1), floats([3, 3, 16, 32], -0.2, 0.2), floats([32]), floats([3, 3, 32, 32], -0.2, 0.2)],
  (x, first, bias, second) => {
    const hidden = tf.relu(tf.add(convolve(x!, first!, { stride: 2, pad: 1 }), bias!));
    const residual = tf.add(convolve(hidden, second!, { stride: 1, pad: 'same' }), hidden);
    return [tf.maxPool(tf.relu(residual) as tf.Tensor4D, 3, 2, 'valid'), tf.mean(residual, [1, 2])];
  },
);

const transposed = withGradients(
  'convolution: transposed',
  [floats([2, 3, 3, 2], -1, 1), floats([3, 3, 4, 2], -1, 1)],
  (x, filter) => [
    tf.conv2dTranspose(x! as tf.Tensor4D, filter! as tf.Tensor4D, [2, 6, 6, 4], 2, 'same'),
    tf.conv2dTranspose(x! as tf.Tensor4D, filter! as tf.Tensor4D, [2, 5, 5, 4], 1, 'valid'),
  ],
);

/** tfjs has no gradients for dilated convolutions, nor for sizes that are rounded up. */
const forwardOnly = forward(
  'convolution: dilated, and sizes rounded up',
  [floats([1, 9, 8, 2]), floats([3, 2, 2, 3])],
  (x, filter) => {
    const conv = (stride: number, pad: number | 'same' | 'valid', dilation: number, rounding?: 'floor' | 'ceil') =>
      tf.conv2d(x! as tf.Tensor4D, filter! as tf.Tensor4D, stride, pad, 'NHWC', dilation, rounding);
    return [conv(1, 'same', 2), conv(1, 'valid', 3), conv(2, 1, 1, 'ceil'), conv(4, 0, 1, 'ceil')];
  },
);

const DEPTHWISE: readonly (Omit<Geometry, 'outputs'> & { multiplier: number })[] = [
  { image: [2, 5, 6, 3], kernel: [3, 3], multiplier: 1, stride: 1, pad: 'same' },
  { image: [2, 5, 6, 3], kernel: [3, 3], multiplier: 2, stride: 1, pad: 'valid' },
  { image: [1, 7, 6, 2], kernel: [3, 2], multiplier: 3, stride: 2, pad: 'same' },
  { image: [1, 6, 6, 1], kernel: [2, 2], multiplier: 2, stride: 2, pad: 'valid' },
  { image: [2, 4, 4, 2], kernel: [1, 1], multiplier: 2, stride: 1, pad: 'same' },
  { image: [1, 6, 6, 2], kernel: [3, 3], multiplier: 1, stride: 2, pad: 1 },
];

const depthwise = DEPTHWISE.map(({ image, kernel, multiplier, stride, pad }) =>
  withGradients(
    `convolution: depthwise ${kernel.join('×')}, ${image.join('×')}, multiplier ${multiplier}, stride ${stride}, ${paddingName(pad)}`,
    [floats(image, -1, 1), floats([...kernel, image[3], multiplier], -1, 1)],
    (x, filter) => tf.depthwiseConv2d(x! as tf.Tensor4D, filter! as tf.Tensor4D, stride as number, pad as 'same'),
  ),
);

export const convolution: readonly ConformanceCase[] = [
  ...[...GEOMETRIES, ...BLOCKED_GEOMETRIES].map(convolutionCase),
  ...layouts,
  blocks,
  transposed,
  forwardOnly,
  ...depthwise,
];
