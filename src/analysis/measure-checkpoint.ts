/** Measures a checkpoint and keeps what comes of it beside it: what was measured before is found there. */
import { checkWritable } from '../records/measured-on.js';
import type { RunName } from '../records/run-folder.js';
import { type CheckpointFile, openCheckpoint } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';

/** What is asked of a checkpoint. */
export interface CheckpointRequest<Asked> {
  readonly path: string;
  /** The checkpoint's config, where that is not beside it. */
  readonly config?: string;
  /** Of one measurement each. */
  readonly settings: readonly Asked[];
  /** Measure again what has been measured. */
  readonly force: boolean;
}

/** What comes of measuring a checkpoint: plain data, as is all that is told on the way. */
export interface Measured<Measurement> {
  /** `synthetic`: of a run on generated data. */
  readonly checkpoint: Pick<CheckpointFile, 'path' | 'run' | 'epoch'> & { readonly synthetic: boolean };
  readonly measurement: Measurement;
  /** The sharpness.json or curvature.json it is in. */
  readonly record: string;
}

export interface MeasureStep {
  /** What is under way, in a few words. */
  readonly doing: string;
  /** Share of the measurement that is done. */
  readonly done: number;
  /** The largest value so far, where there is one. */
  readonly best: number | null;
}

export interface MeasureEvents<Measurement> {
  readonly onNotice: (text: string) => void;
  /** `what` is the convention, measure or matrix. */
  readonly onStart: (start: { readonly run: RunName | null; readonly what: string }) => void;
  readonly onStep: (step: MeasureStep) => void;
  readonly onMeasured: (measured: Measured<Measurement>) => void;
}

/** A kind of measurement: from what a user asks by way of what that comes to for one checkpoint to what is kept. */
interface Kind<Asked, Question, Measurement> {
  /** The file that it is kept in. */
  readonly recordOf: (checkpoint: string) => string | Promise<string>;
  readonly resolve: (asked: Asked, checkpoint: CheckpointFile) => Question;
  readonly titleOf: (question: Question) => string;
  readonly measuredBefore: (record: string, checkpoint: CheckpointFile) => Promise<readonly Measurement[]>;
  readonly answers: (earlier: Measurement, question: Question) => boolean;
  readonly measure: (
    session: Session,
    checkpoint: CheckpointFile,
    question: Question,
    onStep: (step: MeasureStep) => void,
    force: boolean,
  ) => Promise<Measurement>;
  readonly keep: (
    record: string,
    checkpoint: CheckpointFile,
    measurement: Measurement,
    question: Question,
  ) => Promise<void>;
}

/** Measures, or finds what has been. @throws what `openCheckpoint`, `resolve` and `measure` throw */
export const measuring =
  <Asked, Question, Measurement>(kind: Kind<Asked, Question, Measurement>) =>
  async (
    session: Session,
    { path, config, settings, force }: CheckpointRequest<Asked>,
    { onNotice, onStart, onStep, onMeasured }: MeasureEvents<Measurement>,
  ): Promise<void> => {
    const checkpoint = await openCheckpoint(session, path, config);
    const { run, epoch, spec } = checkpoint;
    const record = await kind.recordOf(path);
    // What is wrong with the last settings is found before the first are measured.
    for (const question of settings.map((asked) => kind.resolve(asked, checkpoint))) {
      const before = await kind.measuredBefore(record, checkpoint);
      let measurement = force ? undefined : before.find((earlier) => kind.answers(earlier, question));
      if (measurement) onNotice(`${path}: measured before (--force measures again)`);
      else {
        await checkWritable(record);
        onStart({ run, what: kind.titleOf(question) });
        measurement = await kind.measure(session, checkpoint, question, onStep, force);
        await kind.keep(record, checkpoint, measurement, question);
      }
      onMeasured({ checkpoint: { path, run, epoch, synthetic: spec.synthetic }, measurement, record });
    }
  };
