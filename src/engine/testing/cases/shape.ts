/** Conformance cases: operations that move, join and cut arrays. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, given, ints, withGradients } from '../case.js';

/** All orders of 0 … n − 1. */
export function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) => Array.from({ length: n }, (_, at) => rest.toSpliced(at, 0, n - 1)));
}

const square = tf.square;

/** A value whose axes do not lie in memory as its shape says: [4, 2, 3]. */
const moved = (x: tf.Tensor) => tf.transpose(x, [2, 0, 1]);

const transposes = [
  withGradients('shape: every transpose of rank 4', [floats([2, 3, 1, 4])], (x) =>
    permutations(4).map((order) => tf.transpose(x!, order)),
  ),
  withGradients('shape: every pair of transposes of rank 3', [floats([2, 3, 4])], (x) =>
    permutations(3).flatMap((first) => permutations(3).map((second) => tf.transpose(tf.transpose(x!, first), second))),
  ),
];

const reshapes = [
  withGradients('shape: reshape', [floats([2, 3, 4]), floats([1, 6]), floats([])], (x, row, number) => [
    ...[[24], [4, 6], [6, 4], [2, 12], [1, 2, 3, 4], [2, 1, 3, 4, 1], [-1, 4], [2, -1]].flatMap((shape) => [
      tf.reshape(x!, shape),
      tf.reshape(moved(x!), shape),
      tf.transpose(tf.reshape(square(moved(x!)), shape)),
    ]),
    tf.reshape(row!, [6]),
    tf.reshape(tf.transpose(row!), [2, 3]),
    tf.reshape(number!, [1, 1]),
    tf.reshape(moved(tf.reshape(number!, [1, 1, 1])), []),
  ]),
  withGradients('shape: expandDims, squeeze and flatten', [floats([2, 1, 3])], (x) => [
    ...[0, 1, 2, 3, -1, -2].flatMap((axis) => [tf.expandDims(x!, axis), tf.expandDims(tf.transpose(x!), axis)]),
    tf.squeeze(x!),
    tf.squeeze(tf.transpose(x!), [1]),
    tf.transpose(x!, [2, 1, 0]).flatten(),
    tf.transpose(x!, [1, 2, 0]).as2D(3, 2),
  ]),
];

const splits = [
  withGradients('shape: split', [floats([2, 6, 4]), floats([10]), floats([3])], (x, vector, small) => [
    ...tf.split(x!, 2, 0),
    ...tf.split(x!, 3, 1),
    ...tf.split(x!, [1, 3, 2], 1),
    ...tf.split(x!, [3, -1], -1),
    ...tf.split(moved(x!), [1, 3], 0),
    ...tf.split(moved(x!), 2, 2),
    ...tf.split(vector!, [2, 3, 5]),
    ...tf.split(small!, 3),
    ...tf.split(vector!, [1, 1, 1, 1, -1, 1, 1, 1, 1]),
  ]),
  withGradients('shape: unstack', [floats([2, 3, 4]), floats([3])], (x, vector) => [
    ...[0, 1, 2, -1].flatMap((axis) => [...tf.unstack(x!, axis), ...tf.unstack(moved(x!), axis)]),
    ...tf.unstack(vector!),
  ]),
];

/** tfjs cannot differentiate a split into one. */
const splitIntoOne = forward('shape: split and unstack into one', [floats([3]), floats([1, 2])], (vector, row) => [
  ...tf.split(vector!, 1),
  ...tf.split(row!, [2], 1),
  ...tf.unstack(row!),
]);

const joins = [
  withGradients(
    'shape: concat',
    [floats([2, 3]), floats([2, 3], -2, 2, 1), floats([3, 2]), floats([1])],
    (a, b, c, d) => [
      tf.concat([a!, b!]),
      tf.concat([a!, b!, a!], 1),
      tf.concat([a!, tf.transpose(c!)], -1),
      tf.concat([tf.transpose(c!), a!], 0),
      tf.concat([tf.transpose(a!), tf.transpose(b!)], 0),
      tf.concat([a!]),
      tf.concat([d!, tf.reshape(a!, [6]), d!]),
    ],
  ),
  withGradients('shape: stack', [floats([2, 3]), floats([3, 2]), floats([])], (a, b, number) => [
    ...[0, 1, 2, -1].flatMap((axis) => [tf.stack([a!, a!], axis), tf.stack([tf.transpose(b!), a!], axis)]),
    tf.stack([number!, square(number!)]),
    tf.stack([a!]),
  ]),
];

const slices = [
  withGradients('shape: slice', [floats([2, 5, 4]), floats([9])], (x, vector) => [
    tf.slice(x!, [0, 1, 2], [2, 3, 1]),
    tf.slice(x!, [1]),
    tf.slice(x!, [0, 2], [-1, 2]),
    tf.slice(moved(x!), [1, 0, 3], [2, 1, 2]),
    tf.slice(vector!, 3, 4),
    tf.slice(vector!, [0], [9]),
  ]),
  forward('shape: stridedSlice', [floats([5, 6]), floats([6])], (x, vector) => [
    tf.stridedSlice(x!, [0, 1], [5, 6], [2, 3]),
    tf.stridedSlice(tf.transpose(x!), [1, 0], [6, 5], [2, 2]),
    tf.stridedSlice(x!, [4, 5], [1, 0], [-1, -2]),
    tf.stridedSlice(vector!, [5], [0], [-1], 0, 1),
    tf.stridedSlice(vector!, [-1], [-7], [-2]),
    tf.stridedSlice(x!, [1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1),
    tf.stridedSlice(x!, [0, 0], [3, 3], [1, 2], 1, 2),
    tf.stridedSlice(x!, [0, 1], [0, 5], [1, 2], 0, 0, 0, 1),
  ]),
];

const paddings = [
  withGradients('shape: pad', [floats([2, 3]), floats([2, 3, 4]), floats([4])], (a, b, vector) => [
    tf.pad(a!, [
      [1, 2],
      [0, 1],
    ]),
    tf.pad(
      a!,
      [
        [0, 0],
        [2, 0],
      ],
      1.5,
    ),
    tf.pad(
      moved(b!),
      [
        [1, 0],
        [0, 2],
        [3, 1],
      ],
      -1,
    ),
    tf.pad(vector!, [[2, 1]]),
    tf.pad(a!, [
      [0, 0],
      [0, 0],
    ]),
  ]),
  withGradients('shape: tile', [floats([2, 3]), floats([2, 1, 4]), floats([3])], (a, b, vector) => [
    tf.tile(a!, [2, 3]),
    tf.tile(moved(b!), [1, 2, 3]),
    tf.tile(vector!, [1]),
    tf.tile(vector!, [4]),
    tf.broadcastTo(vector!, [2, 3]),
    tf.broadcastTo(b!, [2, 5, 4]),
  ]),
  withGradients('shape: reverse', [floats([2, 3, 4]), floats([5])], (x, vector) => [
    tf.reverse(x!),
    tf.reverse(x!, 1),
    tf.reverse(x!, [0, -1]),
    tf.reverse(moved(x!), [0, 2]),
    tf.reverse(vector!),
  ]),
];

const indices = given([2, 3], [2, 0, 1, 2, 2, 0], 'int32');

const gathers = [
  withGradients(
    'shape: gather',
    [floats([3, 4]), given([4], [2, 0, 2, 1], 'int32'), indices, floats([4])],
    (x, i, j, v) => [
      tf.gather(x!, i!),
      tf.gather(x!, i!, 1),
      tf.gather(tf.transpose(x!), i!, -1),
      tf.gather(x!, j!),
      tf.gather(x!, tf.transpose(j!), 1),
      tf.gather(v!, i!),
      tf.gather(x!, tf.scalar(1, 'int32')),
    ],
  ),
  forward('shape: oneHot', [given([4], [2, 0, -1, 7], 'int32'), indices], (i, j) => [
    tf.oneHot(i!, 3),
    tf.oneHot(i!, 4, 0.9, 0.1),
    tf.oneHot(tf.transpose(j!), 3),
  ]),
  withGradients('shape: unsortedSegmentSum', [floats([5, 2]), given([5], [1, 0, 1, 3, 1], 'int32')], (x, i) => [
    tf.unsortedSegmentSum(x!, i! as tf.Tensor1D, 4),
    tf.unsortedSegmentSum(tf.transpose(tf.transpose(x!)), i! as tf.Tensor1D, 5),
  ]),
];

const integers = forward('shape: int32', [ints([2, 6]), ints([3])], (x, vector) => [
  tf.transpose(x!),
  tf.reshape(tf.transpose(x!), [3, 4]),
  ...tf.split(x!, 2, 1),
  tf.concat([x!, x!], 1),
  tf.slice(x!, [0, 1], [2, 3]),
  tf.pad(
    x!,
    [
      [1, 1],
      [0, 2],
    ],
    4,
  ),
  tf.tile(x!, [2, 1]),
  tf.stack([vector!, vector!]),
  tf.reverse(x!, 1),
  tf.gather(x!, tf.tensor1d([1, 0], 'int32')),
  tf.oneHot(vector!, 3),
]);

const bools = forward('shape: bool', [floats([2, 3])], (x) => {
  const positive = tf.greater(x!, 0);
  return [
    tf.transpose(positive),
    tf.concat([positive, positive]),
    tf.tile(positive, [2, 1]),
    tf.zerosLike(positive),
    tf.onesLike(positive),
    tf.slice(positive, [0, 1], [2, 1]),
    tf.pad(positive, [
      [0, 0],
      [1, 0],
    ]),
  ];
});

const constants = forward('shape: fill, range, zeros and ones', [floats([2, 3]), ints([2])], (x, i) => [
  tf.fill([2, 3], 1.5),
  tf.fill([2], 7, 'int32'),
  tf.fill([], 2),
  tf.range(0, 5),
  tf.range(5, 0, -2),
  tf.range(0, 1, 0.3),
  tf.range(2, 6, 1, 'int32'),
  tf.range(3, 3),
  tf.zeros([2, 2]),
  tf.ones([3], 'int32'),
  tf.zerosLike(tf.transpose(x!)),
  tf.onesLike(x!),
  tf.zerosLike(i!),
  tf.onesLike(i!),
  tf.eye(3),
  tf.scalar(true, 'bool'),
]);

export const shape: readonly ConformanceCase[] = [
  ...transposes,
  ...reshapes,
  ...splits,
  splitIntoOne,
  ...joins,
  ...slices,
  ...paddings,
  ...gathers,
  integers,
  bools,
  constants,
];
