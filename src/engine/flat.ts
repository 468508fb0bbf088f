/** What an engine does beneath its types: functions of tensors by name, without groups, on one device. */
import { named } from '../support/at.js';
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

/** What the next run is given: results in place of the inputs of their names, which go back to the device. */
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
