import { SmoothOutError } from '../support/errors.js';
import type { TensorSpec } from './engine.js';

/**
 * What a program says of its output.
 * @throws SmoothOutError UNSUPPORTED_OP where the output is neither float32 nor int32.
 */
export function outputSpec(name: string, { shape, dtype }: { shape: readonly number[]; dtype: string }): TensorSpec {
  if (dtype === 'float32' || dtype === 'int32') return { shape, dtype };
  throw new SmoothOutError('UNSUPPORTED_OP', `Output ${name} is a ${dtype} tensor: outputs are float32 or int32.`, {
    hint: 'Convert it with tf.cast.',
  });
}
