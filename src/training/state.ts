/** What a run carries from step to step. */
import type { DeviceArray, Engine } from '../engine/engine.js';
import type { Learner } from './programs.js';

export interface TrainingState {
  /** Flat, on the device. */
  readonly parameters: DeviceArray;
  readonly statistics: DeviceArray;
  readonly optimizer: Readonly<Record<string, DeviceArray>>;
  /** Updates since the optimizer's state was 0. */
  readonly updates: number;
}

/** The same on the host, as a checkpoint keeps it. */
export interface HostState {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  readonly optimizer: Readonly<Record<string, Float32Array>>;
  readonly updates: number;
}

export async function uploadState(engine: Engine, learner: Learner, host: HostState): Promise<TrainingState> {
  const { size, statisticsSize } = learner.model.layout;
  return {
    parameters: await engine.upload(host.parameters, [size]),
    statistics: await engine.upload(host.statistics, [statisticsSize]),
    optimizer: await uploadAll(engine, host.optimizer),
    updates: host.updates,
  };
}

/** Arrays valid until the state's next step. */
export async function downloadState({ parameters, statistics, optimizer, updates }: TrainingState): Promise<HostState> {
  const read = async (array: DeviceArray) => (await array.read()) as Float32Array;
  const entries = Object.entries(optimizer).map(async ([name, array]) => [name, await read(array)] as const);
  return {
    parameters: await read(parameters),
    statistics: await read(statistics),
    optimizer: Object.fromEntries(await Promise.all(entries)),
    updates,
  };
}

/** The optimizer's state of a new run: all 0. */
export function freshOptimizerState({ optimizer, model }: Learner): Record<string, Float32Array> {
  return Object.fromEntries(optimizer.state.map((name) => [name, new Float32Array(model.layout.size)]));
}

/** Forgets what the optimizer has gathered. */
export async function resetOptimizer(engine: Engine, learner: Learner, state: TrainingState): Promise<TrainingState> {
  disposeAll(state.optimizer);
  return { ...state, optimizer: await uploadAll(engine, freshOptimizerState(learner)), updates: 0 };
}

/** The state that a program's results make; the arrays of the old one are given back to the device. */
export function replaceState(
  state: TrainingState,
  results: Readonly<Record<string, unknown>> & { readonly updates: number },
): TrainingState {
  disposeState(state);
  const names = Object.keys(state.optimizer);
  return {
    parameters: results.parameters as DeviceArray,
    statistics: results.statistics as DeviceArray,
    optimizer: Object.fromEntries(names.map((name) => [name, results[name] as DeviceArray])),
    updates: results.updates,
  };
}

export function disposeState({ parameters, statistics, optimizer }: TrainingState): void {
  parameters.dispose();
  statistics.dispose();
  disposeAll(optimizer);
}

async function uploadAll(engine: Engine, arrays: Readonly<Record<string, Float32Array>>) {
  const uploads = Object.entries(arrays).map(async ([name, values]) => {
    return [name, await engine.upload(values, [values.length])] as const;
  });
  return Object.fromEntries(await Promise.all(uploads));
}

function disposeAll(arrays: Readonly<Record<string, DeviceArray>>): void {
  for (const array of Object.values(arrays)) array.dispose();
}
