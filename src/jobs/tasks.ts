/** The tasks that workers carry out; without workers, the command's own process measures by the same list. */
import { type CurvatureSettings, measureSpectrum } from '../analysis/curvature.js';
import type { CheckpointRequest, MeasureEvents } from '../analysis/measure-checkpoint.js';
import { type MeasureRequest, measureBall } from '../analysis/perturbation-measures.js';
import { type AskedSharpness, measureKeskar } from '../analysis/sharpness.js';
import type { RunSpec } from '../config/schema.js';
import type { CurvatureMeasurement } from '../records/curvature-record.js';
import type { PerturbationMeasurement } from '../records/perturbation-measures.js';
import type { RunRecord } from '../records/run-record.js';
import type { SharpnessMeasurement } from '../records/sharpness-record.js';
import type { Session } from '../session/session.js';
import { type Practice, practise } from '../training/practice.js';
import { type RunEvents, type RunSettings, trainRun } from '../training/run.js';

/** For each task: what it is given, the events that it sends while it is under way, and its result. All are plain data. */
interface Tasks {
  readonly train: {
    readonly given: RunSettings & { readonly spec: RunSpec };
    readonly events: RunEvents;
    readonly result: RunRecord;
  };
  readonly practise: {
    readonly given: { readonly spec: RunSpec };
    readonly events: { readonly onStep: (done: Practice) => void };
    readonly result: unknown;
  };
  readonly keskar: MeasureTask<AskedSharpness, SharpnessMeasurement>;
  readonly perturbation: MeasureTask<MeasureRequest, PerturbationMeasurement>;
  readonly curvature: MeasureTask<CurvatureSettings, CurvatureMeasurement>;
}

interface MeasureTask<Asked, Measurement> {
  readonly given: CheckpointRequest<Asked>;
  readonly events: MeasureEvents<Measurement>;
  readonly result: unknown;
}

export type TaskName = keyof Tasks;
export type Given<K extends TaskName> = Tasks[K]['given'];
export type Events<K extends TaskName> = Tasks[K]['events'];
export type Result<K extends TaskName> = Tasks[K]['result'];

/** Carries out a task, in this process or in a worker. */
export type Perform = <K extends TaskName>(kind: K, given: Given<K>, events: Events<K>) => Promise<Result<K>>;

const TASKS: {
  readonly [K in TaskName]: (session: Session, given: Given<K>, events: Events<K>) => Promise<Result<K>>;
} = {
  train: (session, { spec, ...settings }, events) => trainRun(session, spec, { ...settings, ...events }),
  practise: (session, { spec }, { onStep }) => practise(session, spec, onStep),
  keskar: measureKeskar,
  perturbation: measureBall,
  curvature: measureSpectrum,
};

/** Carries tasks out in this process. */
export const performHere =
  (session: Session): Perform =>
  (kind, given, events) =>
    TASKS[kind](session, given, events);
