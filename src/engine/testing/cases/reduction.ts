/** Conformance cases: reductions along axes. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, given, ints, withGradients } from '../case.js';

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const REDUCTIONS: readonly [name: string, op: Reduction][] = [
  ['sum', tf.sum],
  ['mean', tf.mean],
  ['max', tf.max],
  ['min', tf.min],
];

/** All subsets of the axes of a rank: none, single ones, pairs … all. */
function subsets(rank: number): number[][] {
  return Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_unused, axis) => axis).filter((axis) => (bits >> axis) & 1),
  );
}

const OPERANDS: readonly [name: string, shape: number[], prepare: (x: tf.Tensor) => tf.Tensor][] = [
  ['plain', [2, 3, 4], (x) => x],
  ['transposed', [2, 3, 4], (x) => tf.transpose(x, [2, 0, 1])],
  ['axes of 1', [1, 3, 1, 2], (x) => tf.transpose(x, [3, 0, 2, 1])],
];

const everySubset = REDUCTIONS.flatMap(([name, op]) =>
  OPERANDS.map(([which, shape, prepare]) =>
    withGradients(`reduction: ${name} over every subset of axes, ${which}`, [floats(shape)], (x) =>
      subsets(shape.length).flatMap((axes) => [op(prepare(x!), axes), op(prepare(x!), axes, true)]),
    ),
  ),
);

const moreReductions = [
  withGradients('reduction: of a number, of all axes, of negative axes', [floats([]), floats([2, 3])], (a, b) =>
    REDUCTIONS.flatMap(([, op]) => [op(a!), op(b!), op(b!, -1), op(tf.transpose(b!), [-2]), op(b!, undefined, true)]),
  ),
  forward('reduction: int32 and bool', [ints([3, 4]), floats([3, 4])], (x, y) => [
    tf.sum(x!, 0),
    tf.mean(x!, 1),
    tf.max(x!, 1),
    tf.min(tf.transpose(x!), 1),
    tf.sum(tf.greater(y!, 0), 1),
    tf.mean(tf.greater(y!, 0)),
    tf.any(tf.greater(y!, 1), 1),
    tf.all(tf.greater(y!, -1), 0, true),
  ]),
  withGradients('reduction: ties share the gradient of max', [given([2, 3], [1, 1, 0, 2, 2, 2])], (x) => [
    tf.max(x!, 1),
    tf.min(x!, 1),
  ]),
];

const positions = forward(
  'reduction: argMax and argMin, ties to the first',
  [given([2, 4], [1, 3, 3, 0, 0, -1, 0, -1]), floats([2, 3, 4]), ints([3, 5], 0, 3), floats([7])],
  (ties, x, integers, vector) =>
    [tf.argMax, tf.argMin].flatMap((op) => [
      op(ties!, 1),
      op(ties!, 0),
      ...[0, 1, 2, -1].map((axis) => op(x!, axis)),
      ...[0, 1, 2, -2].map((axis) => op(tf.transpose(x!, [1, 2, 0]), axis)),
      op(integers!, 1),
      op(vector!),
    ]),
);

const ROWS = [floats([5]), floats([2, 3]), floats([1, 4]), floats([3, 1]), floats([2, 3, 4]), floats([2, 1, 3, 2])];

const softmaxes = [
  withGradients('reduction: softmax', ROWS, (...x) => x.map((logits) => tf.softmax(logits))),
  withGradients('reduction: logSoftmax', ROWS, (...x) => x.map((logits) => tf.logSoftmax(logits))),
  withGradients('reduction: softmax of a transposed operand', [floats([4, 3]), floats([2, 3, 4])], (a, b) => [
    tf.softmax(tf.transpose(a!)),
    tf.logSoftmax(tf.transpose(a!)),
    tf.softmax(tf.transpose(b!, [1, 0, 2])),
    tf.logSoftmax(tf.transpose(b!, [2, 1, 0])),
  ]),
  withGradients('reduction: softmax of large logits', [given([2, 3], [1000, 999, -1000, -500, -501, -502])], (x) => [
    tf.softmax(x!),
    tf.logSoftmax(x!),
    tf.logSumExp(x!, 1),
  ]),
];

const moments = withGradients('reduction: moments and norm', [floats([4, 3])], (x) => {
  const { mean, variance } = tf.moments(x!, 0);
  return [mean, variance, tf.norm(x!), tf.norm(x!, 'euclidean', 1)];
});

export const reduction: readonly ConformanceCase[] = [
  ...everySubset,
  ...moreReductions,
  positions,
  ...softmaxes,
  moments,
];
