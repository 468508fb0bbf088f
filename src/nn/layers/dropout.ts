import * as tf from '@tensorflow/tfjs';
import { type Module, tensorNamed } from '../layer.js';

/**
 * `torch.nn.Dropout` on [N, units]: in training, a unit is zeroed with probability `rate` and scaled by 1/(1 − rate)
 * otherwise. Which units stay is decided by uniform numbers made outside, so that every engine drops the same ones.
 */
export function dropout(rate: number, units: number): Module {
  return (name) => ({
    parameters: [],
    statistics: [],
    dropout: rate > 0 ? [{ name, units }] : [],
    apply: (x, { mode, uniform }) => {
      if (mode !== 'train' || rate === 0) return x;
      const kept = tf.cast(tf.greaterEqual(tensorNamed(uniform, name), rate), 'float32');
      return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
    },
  });
}
