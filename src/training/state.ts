/** What a run carries from step to step. */
import type { DeviceArray, Engine } from '../engine/engine.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Learner } from './learner.js';

/** Flat vectors. */
interface State<Vector> {
  readonly parameters: Vector;
  readonly statistics: Vector;
  readonly optimizer: Readonly<Record<string, Vector>>;
}

interface Counted {
  /** Updates since the optimizer's state was 0. */
  readonly updates: number;
}

export type DeviceState = State<DeviceArray>;
export type TrainingState = DeviceState & Counted;
/** The same on the host, as a checkpoint keeps it. */
export type HostState = State<Float32Array> & Counted;

export async function uploadState(engine: Engine, { updates, ...host }: HostState): Promise<TrainingState> {
  return { ...(await eachVector(host, (values) => engine.upload(values, [values.length]))), updates };
}

export async function downloadState({ updates, ...state }: TrainingState): Promise<Borrowed<HostState>> {
  return { ...(await eachVector(state, (array) => array.read())), updates };
}

async function eachVector<A, B>({ optimizer, ...state }: State<A>, of: (vector: A) => Promise<B>): Promise<State<B>> {
  const entries = Object.entries(optimizer).map(async ([name, vector]) => [name, await of(vector)] as const);
  return {
    parameters: await of(state.parameters),
    statistics: await of(state.statistics),
    optimizer: Object.fromEntries(await Promise.all(entries)),
  };
}

/** The optimizer's state of a new run: all 0. */
export function freshOptimizerState({ optimizer, model }: Learner): Record<string, Float32Array> {
  return Object.fromEntries(optimizer.state.map((name) => [name, new Float32Array(model.layout.size)]));
}

/** Forgets what the optimizer has gathered. */
export async function resetOptimizer(engine: Engine, learner: Learner, state: TrainingState): Promise<TrainingState> {
  for (const array of Object.values(state.optimizer)) array.dispose();
  const fresh = Object.entries(freshOptimizerState(learner)).map(async ([name, zeros]) => {
    return [name, await engine.upload(zeros, [zeros.length])] as const;
  });
  return { ...state, optimizer: Object.fromEntries(await Promise.all(fresh)), updates: 0 };
}

export function disposeState({ parameters, statistics, optimizer }: DeviceState): void {
  for (const array of [parameters, statistics, ...Object.values(optimizer)]) array.dispose();
}
