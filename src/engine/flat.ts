/** What an engine does beneath its types: functions of tensors by name, without groups, checked as they are called. */
import { SmoothOutError } from '../support/errors.js';
import { sizeOf } from '../support/shape.js';
import { type DeviceArray, dtypeOf, type Engine, type NamedTensors, type TensorSpec, type Value } from './engine.js';

export type Signature = Readonly<Record<string, TensorSpec>>;
export type NamedValues = Readonly<Record<string, Value>>;
export type TensorFunction = (inputs: NamedTensors) => NamedTensors;

/** Whether the output of this name stays on the device between runs. */
export type IsKept = (name: string) => boolean;

export interface FlatProgram {
  run(inputs: NamedValues): Promise<Record<string, Value>>;
  /** `Program.runs`, on devices that gain from several runs in one call. */
  runs?(first: NamedValues, each: AsyncIterable<NamedValues>): AsyncGenerator<NamedValues, void, void>;
  dispose(): Promise<void>;
}

export interface FlatEngine extends Pick<Engine, 'name' | 'device' | 'upload' | 'dispose'> {
  compile(fn: TensorFunction, signature: Signature, isKept: IsKept): Promise<FlatProgram>;
}

/**
 * `run` for each item: results take the place of the inputs of their names, which are given back to the device.
 * @param run gets the inputs that go from run to run, and those that are the same in each.
 */
export async function* handingOn<Item, Results extends NamedValues>(
  first: NamedValues,
  each: AsyncIterable<Item>,
  run: (carried: NamedValues, item: Item) => Promise<Results>,
): AsyncGenerator<Results, void, void> {
  let carried = first;
  for await (const item of each) {
    const results = await run(carried, item);
    carried = mapValues(carried, (before, name) => {
      const after = results[name];
      if (after !== undefined && isDeviceArray(before)) before.dispose();
      return after ?? before;
    });
    yield results;
  }
}

/** Changes each value and keeps its name. */
export function mapValues<T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
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

const hasDtype = (value: Value, dtype: TensorSpec['dtype']) => isDeviceArray(value) || dtypeOf(value) === dtype;

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
