/** Runs an optimizer on given gradients, step by step. */
import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from '../optimizer.js';

/** The parameters after a step along each of the gradients; `rate` is the learning rate of step t = 1, 2 … */
export function runOptimizer(
  optimizer: Optimizer,
  start: Float32Array,
  gradients: readonly Float32Array[],
  rate: (t: number) => number,
): Float32Array {
  return tf.tidy(() => {
    let parameters = tf.tensor1d(start);
    let state: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(
      optimizer.state.map((name) => [name, tf.zerosLike(parameters)]),
    );
    for (const [i, gradient] of gradients.entries()) {
      const numbers = Object.entries(optimizer.scalars(i + 1, rate(i + 1)));
      const scalars = Object.fromEntries(numbers.map(([name, value]) => [name, tf.scalar(value)]));
      ({ parameters, state } = optimizer.update(parameters, tf.tensor1d(gradient), state, scalars));
    }
    return parameters.dataSync() as Float32Array;
  });
}

/** The largest error beside how far its parameter has moved; 0.1 is added to that, for the rounding of w itself. */
export function maxRelativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  start: ArrayLike<number>,
): number {
  const errors = Array.from(expected, (value, i) => {
    return Math.abs(actual[i]! - value) / (Math.abs(value - start[i]!) + 0.1);
  });
  return Math.max(...errors);
}
