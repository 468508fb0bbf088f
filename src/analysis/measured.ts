/** What comes of measuring a checkpoint, and what is told on the way: all of it plain data. */
import type { RunName } from '../records/run-folder.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';

/** Which checkpoint a number is of. */
export interface CheckpointName extends Pick<CheckpointFile, 'path' | 'run' | 'epoch'> {
  /** Of a run on generated data. */
  readonly synthetic: boolean;
}

export interface Measured<Measurement> {
  readonly checkpoint: CheckpointName;
  readonly measurement: Measurement;
  /** The sharpness.json it is in. */
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
  /** `what` is the convention or measure. */
  readonly onStart: (start: { readonly run: RunName | null; readonly what: string }) => void;
  readonly onStep: (step: MeasureStep) => void;
  readonly onMeasured: (measured: Measured<Measurement>) => void;
}

/** A checkpoint's file, and its config where that is not beside it. */
export interface CheckpointPath {
  readonly path: string;
  readonly config?: string;
}

export const nameOf = ({ path, run, epoch, spec }: CheckpointFile): CheckpointName => {
  return { path, run, epoch, synthetic: spec.synthetic };
};

export const MEASURED_BEFORE = 'measured before (--force measures again)';
