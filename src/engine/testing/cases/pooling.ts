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

const pool = {
  max: (x: tf.Tensor, [, window, stride, pad]: Geometry) => tf.maxPool(x as tf.Tensor4D, window, stride, pad),
  average: (x: tf.Tensor, [, window, stride, pad]: Geometry) => tf.avgPool(x as tf.Tensor4D, window, stride, pad),
};

const describe = ([image, window, stride, pad]: Geometry) =>
  `${image.join('×')}, window ${window}, stride ${stride}, pad ${pad}`;

const maxPools = GEOMETRIES.map((geometry) =>
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

export const pooling: readonly ConformanceCase[] = [...maxPools, ...averagePools, ties, chain, roundedUp, rank3];
