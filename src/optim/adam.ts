/** Adam. */
import * as tf from '@tensorflow/tfjs';
import type { Optimizer } from './optimizer.js';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * Adam (Kingma & Ba 2015, Algorithm 1): w ← w − η · m̂ / (√v̂ + ε).
 *
 * The state holds the moments without their factors, M = m / (1 − β₁) and V = v / (1 − β₂), so that a step reads and
 * writes the vectors as few times as it can; those factors and the bias corrections are in the two scalars:
 * η · m̂ / (√v̂ + ε) = rate · M / (√V + offset).
 */
export function adam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: AdamOptions = {}): Optimizer<'firstMoment' | 'secondMoment', 'rate' | 'offset'> {
  return {
    state: ['firstMoment', 'secondMoment'],
    scalars(step, learningRate) {
      const mean = (1 - beta1) / (1 - beta1 ** step);
      const spread = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return { rate: (learningRate * mean) / spread, offset: epsilon / spread };
    },
    update(parameters, gradient, state, { rate, offset }) {
      const firstMoment = tf.add(tf.mul(state.firstMoment, beta1), gradient);
      const secondMoment = tf.add(tf.mul(state.secondMoment, beta2), tf.square(gradient));
      const direction = tf.div(firstMoment, tf.add(tf.sqrt(secondMoment), offset));
      return {
        parameters: tf.sub(parameters, tf.mul(direction, rate)) as tf.Tensor1D,
        state: { firstMoment, secondMoment },
      };
    },
  };
}
