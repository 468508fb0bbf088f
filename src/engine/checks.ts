/** What a program takes and gives, checked against its signature. */
import { SmoothOutError } from '../support/errors.js';
import { sizeOf, type TensorSpec, type Value } from './engine.js';

/**
 * The value given for a program's input.
 * @throws SmoothOutError RUN_FAILED where there is none, or one of another size or dtype than the program was compiled for.
 */
export function checkedInput<V extends Value>(name: string, value: V | undefined, expected: TensorSpec): V {
  if (value && sizeOfValue(value) === sizeOf(expected.shape) && hasDtype(value, expected.dtype)) return value;
  const wanted = `${sizeOf(expected.shape)} ${expected.dtype} numbers, shape [${expected.shape}]`;
  const kind = value instanceof Int32Array ? 'int32 ' : value instanceof Float32Array ? 'float32 ' : '';
  const got = value ? `${sizeOfValue(value)} ${kind}numbers` : 'nothing';
  throw new SmoothOutError('RUN_FAILED', `Input ${name}: expected ${wanted}; got ${got}.`);
}

const sizeOfValue = (value: Value) => ('read' in value ? sizeOf(value.shape) : value.length);

const hasDtype = (value: Value, dtype: TensorSpec['dtype']) =>
  'read' in value || value instanceof Int32Array === (dtype === 'int32');

/**
 * What a program says of its output.
 * @throws SmoothOutError UNSUPPORTED_OP where the output is not float32.
 */
export function outputSpec(name: string, { shape, dtype }: { shape: readonly number[]; dtype: string }): TensorSpec {
  if (dtype === 'float32') return { shape, dtype };
  throw new SmoothOutError('UNSUPPORTED_OP', `Output ${name} is a ${dtype} tensor: outputs are float32.`, {
    hint: 'Convert it with tf.cast.',
  });
}
