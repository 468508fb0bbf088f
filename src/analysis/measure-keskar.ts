/** Keskar et al.'s metric of a checkpoint by several conventions, kept beside it: what was measured before is found there. */
import { checkWritable } from '../records/measured-on.js';
import { conventionOf } from '../records/sharpness-conventions.js';
import {
  addMeasurement,
  alreadyMeasured,
  readMeasured,
  type SharpnessMeasurement,
  sharpnessPath,
} from '../records/sharpness-record.js';
import { openCheckpoint } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { type CheckpointPath, MEASURED_BEFORE, type MeasureEvents, type MeasureStep, nameOf } from './measured.js';
import {
  type MeasurementProgress,
  measureSharpness,
  type ResolvedSettings,
  resolveSettings,
  runsOf,
  type SharpnessSettings,
} from './sharpness.js';

export interface KeskarRequest extends CheckpointPath {
  readonly settings: readonly SharpnessSettings[];
  /** Ask projected ascent and the Hessian too. */
  readonly check: boolean;
  /** Measure again what has been measured. */
  readonly force: boolean;
}

export type KeskarEvents = MeasureEvents<SharpnessMeasurement>;

/** @throws what `openCheckpoint` and `measureSharpness` throw. */
export async function measureKeskar(
  session: Session,
  { path, config, settings, check, force }: KeskarRequest,
  { onNotice, onStart, onStep, onMeasured }: KeskarEvents,
): Promise<void> {
  const checkpoint = await openCheckpoint(session, path, config);
  const record = await sharpnessPath(path);
  const measure = async (resolved: ResolvedSettings) => {
    await checkWritable(record);
    onStart({ run: checkpoint.run, what: conventionOf(resolved) });
    const onProgress = (progress: MeasurementProgress) => onStep(stepOf(progress, resolved));
    const measurement = await measureSharpness(session, checkpoint, { settings: resolved, check, onProgress });
    await addMeasurement(record, checkpoint, measurement);
    return measurement;
  };
  // What is wrong with the last settings is found before the first are measured.
  for (const resolved of settings.map((each) => resolveSettings(each, checkpoint))) {
    const { measurements } = await readMeasured(record, checkpoint);
    const earlier = force ? undefined : alreadyMeasured(measurements, resolved, check);
    if (earlier) onNotice(`${path}: ${MEASURED_BEFORE}`);
    onMeasured({ checkpoint: nameOf(checkpoint), measurement: earlier ?? (await measure(resolved)), record });
  }
}

function stepOf(progress: MeasurementProgress, settings: ResolvedSettings): MeasureStep {
  const { what, repeat, iteration, evaluations, fraction, best } = progress;
  const { maxIterations } = settings;
  const runs = runsOf(settings);
  const run = runs === 1 ? '' : `repeat ${repeat + 1}/${runs} `;
  const part = what === 'L-BFGS-B' ? `${run}iteration ${iteration}/${maxIterations}` : what;
  return {
    doing: `${part}, evaluation ${evaluations + 1} ${Math.round(100 * fraction)}%`,
    done: (repeat * maxIterations + iteration) / (runs * maxIterations),
    best,
  };
}
