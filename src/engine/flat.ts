/** What an engine does beneath its types: functions of tensors by name, without groups, checked as they are called. */
import { named } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { sizeOf } from '../support/shape.js';
import type { DeviceArray, Engine, NamedTensors, TensorSpec, Value } from './engine.js';

export type Signature = Readonly<Record<string, TensorSpec>>;
export type NamedValues = Readonly<Record<string, Value>>;
export type TensorFunction = (inputs: NamedTensors) => NamedTensors;

export interface CompileOptions {
  /** Whether the output of this name stays on the device between runs. */
  readonly isKept: (name: string) => boolean;
}

export interface FlatProgram {
  run(inputs: NamedValues): Promise<Record<string, Value>>;
  /** `Program.runs`, on devices that gain from several runs in one call. */
  runs?(first: NamedValues, each: AsyncIterable<NamedValues>): AsyncGenerator<NamedValues, void, void>;
  dispose(): Promise<void>;
}

export interface FlatEngine extends Pick<Engine, 'name' | 'device' | 'upload' | 'dispose'> {
  compile(fn: TensorFunction, signature: Signature, options: CompileOptions): Promise<FlatProgram>;
}

/** `Program.runs` with a call of the device for each run. */
export async function* oneByOne(
  program: FlatProgram,
  first: NamedValues,
  each: AsyncIterable<NamedValues>,
): AsyncGenerator<NamedValues, void, void> {
  let next = first;
  for await (const inputs of each) {
    const results = await program.run({ ...next, ...inputs });
    next = handedOn(next, results);
    yield results;
  }
}

/** Makes the inputs of the next run: results take the place of the inputs of their names, which are given back to the device. */
export function handedOn(given: NamedValues, results: NamedValues): NamedValues {
  const names = Object.keys(given).filter((name) => name in results);
  for (const name of names) {
    const value = named(given, name);
    if (isDeviceArray(value)) value.dispose();
  }
  return { ...given, ...Object.fromEntries(names.map((name) => [name, named(results, name)])) };
}

export function isDeviceArray(value: Value): value is DeviceArray {
  return 'dispose' in value;
}

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

const sizeOfValue = (value: Value) => (isDeviceArray(value) ? sizeOf(value.shape) : value.length);

const hasDtype = (value: Value, dtype: TensorSpec['dtype']) =>
  isDeviceArray(value) || value instanceof Int32Array === (dtype === 'int32');

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
