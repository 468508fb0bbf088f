/** What a run carries from step to step. */
import type { DeviceArray, Engine } from '../engine/engine.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Learner } from './learner.js';

/** Flat vectors that are kept beside the weights, by name, each as long as the parameters. */
interface Kept<Vector> {
  /** What the method keeps from pass to pass. */
  readonly memory: Readonly<Record<string, Vector>>;
  /** Of the parameters along the training, where one is kept. */
  readonly average: Readonly<Record<string, Vector>>;
  readonly optimizer: Readonly<Record<string, Vector>>;
}

/** Flat vectors. */
interface State<Vector> extends Kept<Vector> {
  readonly parameters: Vector;
  readonly statistics: Vector;
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

/** Something for each of the vectors that are kept in a training. */
export function forKept<T>(learner: Learner, make: (kind: keyof Kept<T>, name: string) => T) {
  const { method, average, optimizer } = learner;
  const all = (kind: keyof Kept<T>, names: readonly string[]): Record<string, T> =>
    Object.fromEntries(names.map((name) => [name, make(kind, name)]));
  return {
    memory: all('memory', method.memory ?? []),
    average: all('average', average ? ['parameters'] : []),
    optimizer: all('optimizer', optimizer.state),
  } satisfies Kept<T>;
}

/** What a new run starts from beside its weights: all 0. */
export const freshState = (learner: Learner) => {
  return { ...forKept(learner, () => new Float32Array(learner.model.layout.size)), updates: 0 };
};

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
