/** Measures the sharpness or curvature of a checkpoint and keeps it beside it: what was measured before is found there. */
import {
  answeredBefore,
  type CurvatureMeasurement,
  curvatureFile,
  curvaturePath,
} from '../records/curvature-record.js';
import { checkWritable } from '../records/measured-on.js';
import { partialState } from '../records/partial-curvature.js';
import { isSameMeasure, measureTitle, type PerturbationMeasurement } from '../records/perturbation-measures.js';
import type { RunName } from '../records/run-folder.js';
import { conventionOf } from '../records/sharpness-conventions.js';
import {
  alreadyMeasured,
  type SharpnessMeasurement,
  sharpnessFile,
  sharpnessPath,
} from '../records/sharpness-record.js';
import { type CheckpointFile, openCheckpoint } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { type CurvatureSettings, type CurvatureState, measureCurvature, resolveCurvature } from './curvature.js';
import { type MeasureRequest, measurePerturbation, passesOf, resolveMeasure } from './perturbation-measures.js';
import {
  type MeasurementProgress,
  measureSharpness,
  type ResolvedSettings,
  runsOf,
  type SharpnessSettings,
} from './sharpness.js';
import { resolveImages } from './split-loss.js';

/** A checkpoint's file, and its config where that is not beside it. */
export interface CheckpointPath {
  readonly path: string;
  readonly config?: string;
}

export interface KeskarRequest extends CheckpointPath {
  readonly settings: readonly SharpnessSettings[];
  /** Ask projected ascent and the Hessian too. */
  readonly check: boolean;
  /** Measure again what has been measured. */
  readonly force: boolean;
}

export interface PerturbationRequest extends CheckpointPath {
  readonly request: MeasureRequest;
  /** Measure again what has been measured. */
  readonly force: boolean;
}

export interface CurvatureRequest extends CheckpointPath {
  readonly settings: CurvatureSettings;
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

interface MeasureStep {
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

/** Keskar et al.'s metric by several conventions. @throws what `openCheckpoint` and `measureSharpness` throw. */
export async function measureKeskar(
  session: Session,
  { path, config, settings, check, force }: KeskarRequest,
  events: MeasureEvents<SharpnessMeasurement>,
): Promise<void> {
  const checkpoint = await openCheckpoint(session, path, config);
  const record = await sharpnessPath(path);
  // What is wrong with the last settings is found before the first are measured.
  for (const resolved of settings.map((each) => resolveImages(each, checkpoint))) {
    const { measurements } = await sharpnessFile.readOf(record, checkpoint);
    const earlier = force ? undefined : alreadyMeasured(measurements, resolved, check);
    await measureOrFind({ checkpoint, record, earlier, what: conventionOf(resolved) }, events, async () => {
      const onProgress = (progress: MeasurementProgress) => events.onStep(stepOf(progress, resolved));
      const measurement = await measureSharpness(session, checkpoint, { settings: resolved, check, onProgress });
      await sharpnessFile.add(record, checkpoint, 'measurements', measurement);
      return measurement;
    });
  }
}

/** How the loss changes in a ball around it. @throws what `openCheckpoint` and `measurePerturbation` throw. */
export async function measureBall(
  session: Session,
  { path, config, request, force }: PerturbationRequest,
  events: MeasureEvents<PerturbationMeasurement>,
): Promise<void> {
  const checkpoint = await openCheckpoint(session, path, config);
  const record = await sharpnessPath(path);
  const settings = resolveMeasure(request, checkpoint);
  const { perturbations } = await sharpnessFile.readOf(record, checkpoint);
  const earlier = force ? undefined : perturbations.find((one) => isSameMeasure(one, settings));
  await measureOrFind({ checkpoint, record, earlier, what: measureTitle(settings) }, events, async () => {
    const total = passesOf(settings);
    const measurement = await measurePerturbation(session, checkpoint, settings, (passes) =>
      events.onStep({ doing: `${passes} of ${total} passes`, done: passes / total, best: null }),
    );
    await sharpnessFile.add(record, checkpoint, 'perturbations', measurement);
    return measurement;
  });
}

/** Eigenvalues, trace and density. @throws what `openCheckpoint`, `resolveCurvature` and `measureCurvature` throw. */
export async function measureSpectrum(
  session: Session,
  { path, config, settings: asked, force }: CurvatureRequest,
  events: MeasureEvents<CurvatureMeasurement>,
): Promise<void> {
  const checkpoint = await openCheckpoint(session, path, config);
  const record = curvaturePath(path);
  const settings = resolveCurvature(asked, checkpoint);
  const { measurements } = await curvatureFile.readOf(record, checkpoint);
  const earlier = force ? undefined : answeredBefore(measurements, settings);
  await measureOrFind({ checkpoint, record, earlier, what: settings.matrix }, events, async () => {
    const partial = partialState<CurvatureState>(path, { ...settings, sha256: checkpoint.sha256 });
    const measurement = await measureCurvature(session, checkpoint, settings, {
      onProgress: ({ done, total, what }) => events.onStep({ doing: what, done: done / total, best: null }),
      from: force ? null : await partial.read(),
      save: partial.write,
    });
    await curvatureFile.add(record, checkpoint, 'measurements', measurement);
    await partial.remove();
    return measurement;
  });
}

interface Question<Measurement> {
  readonly checkpoint: CheckpointFile;
  readonly record: string;
  /** The measurement that has already answered it. */
  readonly earlier: Measurement | undefined;
  readonly what: string;
}

async function measureOrFind<Measurement>(
  { checkpoint, record, earlier, what }: Question<Measurement>,
  { onNotice, onStart, onMeasured }: MeasureEvents<Measurement>,
  measure: () => Promise<Measurement>,
): Promise<void> {
  const { path, run, epoch, spec } = checkpoint;
  if (earlier) onNotice(`${path}: measured before (--force measures again)`);
  else {
    await checkWritable(record);
    onStart({ run, what });
  }
  const measurement = earlier ?? (await measure());
  onMeasured({ checkpoint: { path, run, epoch, synthetic: spec.synthetic }, measurement, record });
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
