import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';

export interface Objective {
  readonly value: tf.Scalar;
  /** Tensors computed on the way that the caller needs too: running statistics, counts. */
  readonly extras: NamedTensors;
}

export interface ObjectiveAndGradient extends Objective {
  readonly gradient: tf.Tensor1D;
}

/** The value of `objective` at the flat parameters `at`, its gradient there, and its extras. */
export function withGradient(objective: (parameters: tf.Tensor1D) => Objective, at: tf.Tensor1D): ObjectiveAndGradient {
  // tfjs disposes what the differentiated function computes but does not return, and it may return one scalar only.
  let kept: [string, tf.Tensor][] = [];
  const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
    const { value: loss, extras } = objective(parameters as tf.Tensor1D);
    kept = Object.entries(extras).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]);
    return loss;
  })(at);
  const extras = Object.fromEntries(
    kept.map(([name, tensor]) => {
      const ofCaller = tf.clone(tensor);
      tensor.dispose();
      return [name, ofCaller];
    }),
  );
  return { value: value as tf.Scalar, gradient: grad as tf.Tensor1D, extras };
}
