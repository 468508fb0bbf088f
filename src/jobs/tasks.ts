/** What a worker can be asked for. A process that does without workers carries the same tasks out itself. */
import {
  type KeskarRequest,
  type MeasureEvents,
  measureBall,
  measureKeskar,
  type PerturbationRequest,
} from '../analysis/measure-checkpoint.js';
import type { RunSpec } from '../config/schema.js';
import type { PerturbationMeasurement } from '../records/perturbation-measures.js';
import type { RunRecord } from '../records/run-record.js';
import type { SharpnessMeasurement } from '../records/sharpness-record.js';
import type { Session } from '../session/session.js';
import { type Pace, practise } from '../training/practice.js';
import { type RunEvents, type RunSettings, trainRun } from '../training/run.js';

/** Of each task what it is given, what it tells on its way, and what comes of it: all of it plain data. */
interface Tasks {
  readonly train: {
    readonly given: RunSettings & { readonly spec: RunSpec };
    readonly events: RunEvents;
    readonly result: RunRecord;
  };
  readonly practise: {
    readonly given: { readonly spec: RunSpec };
    readonly events: { readonly onStep: (pace: Pace) => void };
    readonly result: unknown;
  };
  readonly keskar: {
    readonly given: KeskarRequest;
    readonly events: MeasureEvents<SharpnessMeasurement>;
    readonly result: unknown;
  };
  readonly perturbation: {
    readonly given: PerturbationRequest;
    readonly events: MeasureEvents<PerturbationMeasurement>;
    readonly result: unknown;
  };
}

export type TaskName = keyof Tasks;
export type Given<K extends TaskName> = Tasks[K]['given'];
export type Events<K extends TaskName> = Tasks[K]['events'];
export type Result<K extends TaskName> = Tasks[K]['result'];

/** Carries a task out, somewhere. */
export type Perform = <K extends TaskName>(kind: K, given: Given<K>, events: Events<K>) => Promise<Result<K>>;

const TASKS: {
  readonly [K in TaskName]: (session: Session, given: Given<K>, events: Events<K>) => Promise<Result<K>>;
} = {
  train: (session, { spec, ...settings }, events) => trainRun(session, spec, { ...settings, ...events }),
  practise: (session, { spec }, { onStep }) => practise(session, spec, onStep),
  keskar: measureKeskar,
  perturbation: measureBall,
};

/** Carries tasks out in this process. */
export const performHere =
  (session: Session): Perform =>
  (kind, given, events) =>
    TASKS[kind](session, given, events);
