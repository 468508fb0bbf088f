/** Gradient descent with momentum. */
import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from './optimizer.js';

/** SGD with momentum as PyTorch's: v ← μ·v + g, w ← w − η·v (no dampening, no Nesterov). */
export function momentum(coefficient: number): Optimizer<'velocity', 'rate'> {
  return {
    state: ['velocity'],
    scalars: (_step, learningRate) => ({ rate: learningRate }),
    update(parameters, gradient, state, { rate }) {
      const velocity = tf.add(tf.mul(state.velocity, coefficient), gradient);
      return { parameters: tf.sub(parameters, tf.mul(velocity, rate)) as tf.Tensor1D, state: { velocity } };
    },
  };
}
