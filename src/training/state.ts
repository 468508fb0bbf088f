/** What a run carries from step to step. */
import type { DeviceArray, Engine } from '../engine/engine.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Learner } from './learner.js';

/** Flat vectors. */
interface State<Vector> {
  readonly parameters: Vector;
  readonly statistics: Vector;
  /** What the method keeps from pass to pass. */
  readonly memory: Readonly<Record<string, Vector>>;
  /** Of the parameters along the training, where one is kept. */
  readonly average: Readonly<Record<string, Vector>>;
  readonly optimizer: Readonly<Record<string, Vector>>;
  /** Updates since the optimizer's state was 0. */
  readonly updates: number;
}

export type TrainingState = State<DeviceArray>;
/** The same on the host, as a checkpoint keeps it. */
export type HostState = State<Float32Array>;

export function uploadState(engine: Engine, state: HostState): Promise<TrainingState> {
  return eachVector(state, (values) => engine.upload(values, [values.length]));
}

export function downloadState(state: TrainingState): Promise<Borrowed<HostState>> {
  return eachVector(state, (array) => array.read());
}

async function eachVector<A, B>(state: State<A>, of: (vector: A) => Promise<B>): Promise<State<B>> {
  return {
    parameters: await of(state.parameters),
    statistics: await of(state.statistics),
    memory: await eachNamed(state.memory, of),
    average: await eachNamed(state.average, of),
    optimizer: await eachNamed(state.optimizer, of),
    updates: state.updates,
  };
}

async function eachNamed<A, B>(vectors: Readonly<Record<string, A>>, of: (vector: A) => Promise<B>) {
  const entries = Object.entries(vectors).map(async ([name, vector]) => [name, await of(vector)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a new run starts from beside its weights: all 0. */
export function freshState(learner: Learner): Omit<HostState, 'parameters' | 'statistics'> {
  const { optimizer, method, average, model } = learner;
  const zeros = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, new Float32Array(model.layout.size)]));
  return {
    memory: zeros(method.memory ?? []),
    average: zeros(average ? ['parameters'] : []),
    optimizer: zeros(optimizer.state),
    updates: 0,
  };
}

/** Forgets what the optimizer has gathered. */
export async function resetOptimizer(engine: Engine, learner: Learner, state: TrainingState): Promise<TrainingState> {
  for (const array of Object.values(state.optimizer)) array.dispose();
  const { optimizer, updates } = freshState(learner);
  return { ...state, optimizer: await eachNamed(optimizer, (zeros) => engine.upload(zeros, [zeros.length])), updates };
}

export function disposeState({ parameters, statistics, memory, average, optimizer }: TrainingState): void {
  const named = [memory, average, optimizer].flatMap((vectors) => Object.values(vectors));
  for (const array of [parameters, statistics, ...named]) array.dispose();
}
