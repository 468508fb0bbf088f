/** Layer-wise adaptive rate scaling, LARS (You et al. 2017). */
import * as tf from '@tensorflow/tfjs';
import type { RunSpec } from '../config/schema.js';
import { eachParameter } from '../nn/flat.js';
import type { Layout } from '../nn/layout.js';
import { momentum } from './momentum.js';
import type { Optimizer } from './optimizer.js';

type LarsOptions = Pick<RunSpec['optimizer'], 'momentum' | 'weightDecay' | 'trust'>;

/**
 * Momentum along g + β·w, scaled for each tensor of parameters by the local rate η·‖w‖ / (‖g‖ + β·‖w‖) (Algorithm 1). Where
 * either norm is 0 the local rate is 1. η is `trust`: how far a step may change a layer, in shares of its norm.
 */
export function lars(
  layout: Layout,
  { momentum: coefficient, weightDecay, trust }: LarsOptions,
): Optimizer<'velocity', 'rate'> {
  const plain = momentum(coefficient);
  const norm = (tensor: tf.Tensor) => tf.sqrt(tf.sum(tf.square(tensor)));
  const scaled = (w: tf.Tensor, g: tf.Tensor) => {
    const [size, slope] = [norm(w), norm(g)];
    const product = tf.mul(size, slope);
    const rate = tf.div(tf.mul(size, trust), tf.add(slope, tf.mul(size, weightDecay)));
    const local = tf.where(tf.greater(product, 0), rate, tf.onesLike(rate));
    return tf.mul(tf.add(g, tf.mul(w, weightDecay)), local);
  };
  return {
    ...plain,
    update: (parameters, gradient, state, scalars) =>
      plain.update(parameters, eachParameter(layout, [parameters, gradient], scaled), state, scalars),
  };
}
