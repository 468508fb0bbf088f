/** What happens to a gradient before the optimizer sees it, in the reference's order: clipped, then decayed. */
import * as tf from '@tensorflow/tfjs';

export interface GradientOptions {
  /** Greatest L2 norm of the whole gradient; null leaves it alone. */
  readonly clipNorm: number | null;
  /** L2 penalty on every parameter, batch norm's and biases included. */
  readonly weightDecay: number;
}

export function regularise(
  gradient: tf.Tensor1D,
  parameters: tf.Tensor1D,
  { clipNorm, weightDecay }: GradientOptions,
): tf.Tensor1D {
  const clipped = clipNorm === null ? gradient : clipByNorm(gradient, clipNorm);
  if (weightDecay === 0) return clipped;
  return tf.add(clipped, tf.mul(parameters, weightDecay)) as tf.Tensor1D;
}

/** `torch.nn.utils.clip_grad_norm_`: g · min(1, c / (‖g‖₂ + 10⁻⁶)). */
export function clipByNorm(gradient: tf.Tensor1D, clipNorm: number): tf.Tensor1D {
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  const factor = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-6)), 1);
  return tf.mul(gradient, factor) as tf.Tensor1D;
}
