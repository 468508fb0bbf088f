/** An optimizer, and what the settings make of the gradient and the learning rate before it sees them. */
import * as tf from '@tensorflow/tfjs';
import type { RunSpec } from '../config/schema.js';

export interface Update {
  readonly parameters: tf.Tensor1D;
  readonly state: Readonly<Record<string, tf.Tensor>>;
}

/** A pure update of the flat parameters, with the names of its state and of its scalars. */
export interface Optimizer<State extends string = string, Scalars extends string = string> {
  /** The state's flat vectors, each as long as the parameters and 0 at the start. */
  readonly state: readonly State[];
  /** The numbers that change from step to step; `step` counts the updates since the state was 0, from 1 on. */
  scalars(step: number, learningRate: number): Readonly<Record<Scalars, number>>;
  update(
    parameters: tf.Tensor1D,
    gradient: tf.Tensor1D,
    state: Readonly<Record<State, tf.Tensor>>,
    scalars: Readonly<Record<Scalars, tf.Scalar>>,
  ): Update;
}

/** What happens to a gradient before the optimizer sees it, in the reference's order: clipped, then decayed. */
export function regularise(
  gradient: tf.Tensor1D,
  parameters: tf.Tensor1D,
  { clipNorm, weightDecay }: Pick<RunSpec['optimizer'], 'clipNorm' | 'weightDecay'>,
): tf.Tensor1D {
  const clipped = clipNorm === null ? gradient : clipByNorm(gradient, clipNorm);
  if (weightDecay === 0) return clipped;
  return tf.add(clipped, tf.mul(parameters, weightDecay)) as tf.Tensor1D;
}

/** `torch.nn.utils.clip_grad_norm_`: g · min(1, c / (‖g‖₂ + 10⁻⁶)). */
function clipByNorm(gradient: tf.Tensor1D, clipNorm: number): tf.Tensor1D {
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  const factor = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-6)), 1);
  return tf.mul(gradient, factor) as tf.Tensor1D;
}
