/**
 * Random programs of ops that move axes and ops that meet them: an engine that carries the order of axes along, instead
 * of moving numbers at every transpose, has to come out where tfjs does.
 */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../../support/shape.js';
import { type ConformanceCase, floats, withGradients } from '../case.js';
import { permutations } from './shape.js';

const PROGRAMS = 60;
const STEPS = 9;

/** Picks from a list, the same way each time for one seed (a linear congruential generator). */
function chooser(seed: number) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return <T>(list: readonly T[]): T => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return list[Math.floor((state / 2 ** 32) * list.length)]!;
  };
}

type Choose = ReturnType<typeof chooser>;
type Step = (x: tf.Tensor, choose: Choose) => tf.Tensor;

const transpose: Step = (x, choose) => tf.transpose(x, choose(permutations(x.rank)));

const elementwise: Step = (x, choose) =>
  choose([tf.tanh, tf.sigmoid, (y: tf.Tensor) => tf.leakyRelu(y, 0.5), (y: tf.Tensor) => tf.add(tf.mul(y, 1.5), 0.3)])(
    x,
  );

/** x with another order of its axes beside x itself, broadcast: [a,b,c]ᵀ against [a,1,c] and the like. */
const meet: Step = (x, choose) => {
  const fitting = permutations(x.rank).filter((order) => order.every((axis, i) => x.shape[axis] === x.shape[i]));
  const other = tf.transpose(x, choose(fitting));
  const reduced = tf.mean(other, choose(x.shape.map((_, axis) => axis)), true);
  return choose([tf.mul, tf.add, tf.sub])(x, choose([other, reduced, tf.sum(reduced)]));
};

const reduce: Step = (x, choose) => {
  if (x.rank < 2) return x;
  return choose([tf.sum, tf.mean, tf.max, tf.min])(x, choose(x.shape.map((_, axis) => axis)), choose([true, false]));
};

/** To a shape with the same numbers: axes merged, cut in two, of extent 1 added or dropped. */
const reshape: Step = (x, choose) => {
  const { shape } = x;
  const at = choose(shape.map((_, axis) => axis));
  const halves = shape[at]! % 2 === 0 ? [2, shape[at]! / 2] : [shape[at]!, 1];
  const merged = [shape[at]! * (shape[at + 1] ?? 1)];
  const candidates = [
    shape.toSpliced(at, 0, 1),
    shape.toSpliced(at, 1, ...halves),
    shape.toSpliced(at, 2, ...merged),
    shape.filter((extent) => extent !== 1),
  ];
  return tf.reshape(x, choose(candidates.filter((candidate) => candidate.length > 0 && candidate.length < 6)));
};

const join: Step = (x, choose) => {
  const axis = choose(x.shape.map((_, i) => i));
  if (x.size > 200)
    return tf.slice(
      x,
      x.shape.map(() => 0),
      x.shape.with(axis, Math.ceil(x.shape[axis]! / 2)),
    );
  return choose([tf.concat, tf.stack])([x, tf.square(x)], axis);
};

const multiply: Step = (x, choose) => {
  const rows = x.shape[0]!;
  if (x.size > 100) return x;
  const matrix = tf.reshape(x, [rows, x.size / rows]);
  return tf.mul(
    tf.matMul(
      matrix,
      matrix,
      ...choose([
        [false, true],
        [true, false],
      ] as const),
    ),
    1 / x.size,
  );
};

const softmax: Step = (x, choose) => choose([tf.softmax, tf.logSoftmax])(x);

/** Axes are moved more often than anything else is done. */
const STEPS_TO_CHOOSE = [
  transpose,
  transpose,
  transpose,
  elementwise,
  meet,
  reduce,
  reshape,
  reshape,
  join,
  multiply,
  softmax,
];

const SHAPES = [
  [2, 3, 4],
  [4, 1, 6],
  [2, 2, 3, 2],
  [6, 4],
  [3, 3, 3],
  [1, 5, 2],
  [2, 1, 3, 4],
];

export const layout: readonly ConformanceCase[] = Array.from({ length: PROGRAMS }, (_, seed) => {
  const shape = chooser(seed)(SHAPES);
  return withGradients(`layout: random program ${seed}`, [floats(shape, -1, 1, seed + sizeOf(shape))], (x) => {
    const choose = chooser(seed);
    choose(SHAPES);
    const values = [x!];
    for (let i = 0; i < STEPS; i++) values.push(choose(STEPS_TO_CHOOSE)(values.at(-1)!, choose));
    return values.slice(-3);
  });
});
