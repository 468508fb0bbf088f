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

/** Each takes what it is given and the events that it sends while it is under way. These and its result are plain data. */
const TASKS = {
  train: (session: Session, { spec, ...settings }: OfRun & RunSettings, events: RunEvents) =>
    trainRun(session, spec, { ...settings, ...events }),
  practise: (session: Session, { spec }: OfRun, { onStep }: { readonly onStep: (done: Practice) => void }) =>
    practise(session, spec, onStep),
  keskar: measureKeskar,
  perturbation: measureBall,
  curvature: measureSpectrum,
};

export type TaskName = keyof typeof TASKS;
export type Given<K extends TaskName> = Parameters<(typeof TASKS)[K]>[1];
export type Events<K extends TaskName> = Parameters<(typeof TASKS)[K]>[2];
type Results = { [K in TaskName]: Awaited<ReturnType<(typeof TASKS)[K]>> };
export type Result<K extends TaskName> = Results[K];

/** Carries out a task, in this process or in a worker. */
export type Perform = <K extends TaskName>(kind: K, given: Given<K>, events: Events<K>) => Promise<Result<K>>;

/** Carries tasks out in this process. */
export const performHere = (session: Session): Perform => {
  const tasks: { readonly [K in TaskName]: (...task: [Session, Given<K>, Events<K>]) => Promise<Result<K>> } = TASKS;
  return (kind, given, events) => tasks[kind](session, given, events);
};
