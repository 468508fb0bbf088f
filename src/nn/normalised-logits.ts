/** A network whose logits have one length: what sharpness is then about is not how sure of itself the network is. */
import * as tf from '@tensorflow/tfjs';
import type { Model } from './model.js';

/** Keeps the length and its gradient finite where all logits of an image are equal. */
const TINY = 1e-20;

/** f ↦ (f − f̄)/‖f − f̄‖₂ for the logits f of each image, as in the code of Andriushchenko et al. (2023). */
export function withNormalisedLogits(model: Model): Model {
  return {
    ...model,
    forward(inputs, mode) {
      const { logits, ...rest } = model.forward(inputs, mode);
      const centred = tf.sub(logits, tf.mean(logits, 1, true));
      const lengths = tf.sqrt(tf.add(tf.sum(tf.square(centred), 1, true), TINY));
      return { logits: tf.div(centred, lengths), ...rest };
    },
  };
}
