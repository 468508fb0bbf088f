/** The tasks that workers carry out; without workers, the command's own process measures by the same list. */
import { measureSpectrum } from '../analysis/curvature.js';
import { measureBall } from '../analysis/perturbation-measures.js';
import { measureKeskar } from '../analysis/sharpness.js';
import type { RunSpec } from '../config/schema.js';
import type { Session } from '../session/session.js';
import { type Practice, practise } from '../training/practice.js';
import { type RunEvents, type RunSettings, trainRun } from '../training/run.js';

interface OfRun {
  readonly spec: RunSpec;
}

/** What each task is given, the events that it sends while it is under way and its result are all plain data. */
const TASKS = {
  train: (session: Session, { spec, ...settings }: OfRun & RunSettings, events: RunEvents) =>
    trainRun(session, spec, { ...settings, ...events }),
  practise: (session: Session, { spec }: OfRun, events: { readonly onStep: (done: Practice) => void }) =>
    practise(session, spec, events.onStep),
  keskar: measureKeskar,
  perturbation: measureBall,
  curvature: measureSpectrum,
};

type TaskOf<F> = F extends (session: Session, given: infer Given, events: infer Events) => Promise<infer Result>
  ? { readonly given: Given; readonly events: Events; readonly result: Result }
  : never;
type Tasks = { readonly [K in keyof typeof TASKS]: TaskOf<(typeof TASKS)[K]> };

export type TaskName = keyof Tasks;
export type Given<K extends TaskName> = Tasks[K]['given'];
export type Events<K extends TaskName> = Tasks[K]['events'];
export type Result<K extends TaskName> = Tasks[K]['result'];

/** Carries out a task, in this process or in a worker. */
export type Perform = <K extends TaskName>(kind: K, given: Given<K>, events: Events<K>) => Promise<Result<K>>;

const BY_NAME: {
  readonly [K in TaskName]: (session: Session, given: Given<K>, events: Events<K>) => Promise<Result<K>>;
} = TASKS;

/** Carries tasks out in this process. */
export const performHere =
  (session: Session): Perform =>
  (kind, given, events) =>
    BY_NAME[kind](session, given, events);
