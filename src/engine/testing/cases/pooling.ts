/** Conformance cases: pooling and its gradients. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, given, withGradients } from '../case.js';

type Image = readonly [batch: number, height: number, width: number, channels: number];
type Geometry = readonly [
  image: Image,
  window: number | [number, number],
  stride: number,
  pad: 'same' | 'valid' | number,
];

/** Windows that overlap, touch and leave gaps; sizes that the stride divides and does not. */
const GEOMETRIES: readonly Geometry[] = [
  [[2, 7, 7, 3], 3, 2, 'valid'],
  [[2, 8, 6, 3], 3, 2, 'valid'],
  [[2, 6, 7, 2], 3, 2, 'same'],
  [[2, 6, 6, 2], 2, 2, 'valid'],
  [[2, 5, 7, 2], 2, 2, 'same'],
  [[1, 5, 5, 2], 3, 1, 'same'],
  [[1, 5, 6, 1], 3, 1, 'valid'],
  [[1, 7, 8, 2], 2, 3, 'valid'],
  [[2, 6, 6, 2], 3, 2, 1],
  [[2, 4, 4, 3], 4, 4, 'valid'],
  [[1, 6, 5, 2], [3, 2], 2, 'same'],
  [[2, 3, 3, 2], 1, 2, 'valid'],
];

/** Enough channels for blocks of them. */
const IN_BLOCKS: readonly Geometry[] = [
  [[3, 9, 12, 32], 3, 2, 'valid'],
  [[2, 7, 8, 16], 2, 2, 'valid'],
  [[2, 5, 6, 16], 3, 1, 'valid'],
  [[1, 11, 10, 16], 5, 2, 'valid'],
  [[1, 10, 9, 16], [2, 4], 2, 'valid'],
  [[1, 7, 9, 16], 4, 3, 'valid'],
  [[1, 7, 7, 16], 2, 3, 'valid'],
  [[2, 6, 6, 16], 3, 2, 1],
  [[2, 5, 4, 16], 3, 2, 'same'],
];

const pool = {
  max: (x: tf.Tensor, [, window, stride, pad]: Geometry) => tf.maxPool(x as tf.Tensor4D, window, stride, pad),
  average: (x: tf.Tensor, [, window, stride, pad]: Geometry) => tf.avgPool(x as tf.Tensor4D, window, stride, pad),
};

const describe = ([image, window, stride, pad]: Geometry) =>
  `${image.join('×')}, window ${window}, stride ${stride}, pad ${pad}`;

const maxPools = [...GEOMETRIES, ...IN_BLOCKS].map((geometry) =>
  withGradients(`pooling: max, ${describe(geometry)}`, [floats(geometry[0])], (x) => pool.max(x!, geometry)),
);

const averagePools = GEOMETRIES.map((geometry) => {
  const name = `pooling: average, ${describe(geometry)}`;
  const inside = geometry[3] === 'valid';
  // At a border, tfjs's gradient divides by the whole window where its forward pass does not: see pooling.test.ts.
  return (inside ? withGradients : forward)(name, [floats(geometry[0])], (x) => pool.average(x!, geometry));
});

const ties = withGradients(
  'pooling: ties in max pooling go to the first of the window, rows before columns',
  [given([1, 4, 4, 1], [1, 1, 2, 2, 1, 1, 2, 2, 0, 3, 3, 0, 0, 3, 3, 0]), floats([1, 5, 5, 1], 0, 1)],
  (x, y) => {
    const constant = tf.mul(y!, 0);
    return [
      ...[2, 3].flatMap((window) => [1, 2].map((stride) => tf.maxPool(x! as tf.Tensor4D, window, stride, 'same'))),
      tf.maxPool(x! as tf.Tensor4D, 3, 1, 'valid'),
      tf.maxPool(tf.relu(tf.sub(y!, 0.9)) as tf.Tensor4D, 3, 2, 'valid'),
      tf.maxPool(constant as tf.Tensor4D, 3, 1, 'same'),
    ];
  },
);

const blockedTies = withGradients(
  'pooling: ties in max pooling of many channels, below zero as above it',
  [floats([2, 9, 8, 32], -4, 4)],
  (x) => [
    tf.maxPool(tf.round(x! as tf.Tensor4D), 3, 2, 'valid'),
    tf.maxPool(tf.relu(x! as tf.Tensor4D), 3, 2, 'valid'),
  ],
);

const convolved = withGradients(
  'pooling: of convolutions, followed by one',
  [floats([3, 9, 9, 16]), floats([3, 3, 16, 32]), floats([3, 3, 32, 16])],
  (x, first, second) => {
    const image = tf.conv2d(x as tf.Tensor4D, first as tf.Tensor4D, 1, 'same');
    const pooled = tf.maxPool(image, 3, 2, 'valid');
    return tf.maxPool(tf.conv2d(pooled, second as tf.Tensor4D, 1, 'same'), 2, 2, 'valid');
  },
);

const chain = withGradients(
  'pooling: stored channels first, negative values, pools of pools',
  [floats([2, 3, 8, 8], -3, -1)],
  (x) => {
    const images = tf.transpose(x!, [0, 2, 3, 1]) as tf.Tensor4D;
    const once = tf.maxPool(images, 3, 2, 'same');
    return [tf.maxPool(once, 2, 1, 'valid'), tf.avgPool(once, 2, 2, 'valid'), tf.mul(once, once)];
  },
);

const roundedUp = forward('pooling: sizes rounded up', [floats([1, 6, 7, 2])], (x) => [
  tf.maxPool(x! as tf.Tensor4D, 3, 2, 0, 'ceil'),
  tf.avgPool(x! as tf.Tensor4D, 3, 2, 0, 'ceil'),
]);

const rank3 = withGradients('pooling: one image of rank 3', [floats([5, 5, 2])], (x) => [
  tf.maxPool(x! as tf.Tensor3D, 3, 2, 'valid'),
  tf.avgPool(x! as tf.Tensor3D, 3, 2, 'valid'),
]);

export const pooling: readonly ConformanceCase[] = [
  ...maxPools,
  ...averagePools,
  ties,
  blockedTies,
  convolved,
  chain,
  roundedUp,
  rank3,
];
