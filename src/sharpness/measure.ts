/** One measurement of one checkpoint, with all repeats. */
import { SmoothOutError } from '../support/errors.js';
import { measureOnce, type SharpnessOnce } from './keskar.js';
import type { Laboratory, Subject } from './laboratory.js';
import type { Objective } from './lbfgsb/problem.js';
import { drawManifold, MANIFOLD_LIMIT, manifoldBytes, manifoldSpace } from './manifold.js';
import { createSplitObjective, type SplitObjective, usualBatchSize } from './objective.js';
import type { StoredMeasurement } from './record.js';
import { askSecondOpinions } from './second-opinions.js';
import { conventionOf, isRandom, type SharpnessSettings } from './settings.js';
import { fullSpace, type SearchSpace } from './space.js';

export interface MeasurementProgress {
  readonly what: 'L-BFGS-B' | 'projected ascent' | 'Hessian';
  /** Counted from 0, of L-BFGS-B's repeats that are run. */
  readonly repeat: number;
  /** Iterations done in this repeat. */
  readonly iteration: number;
  /** Evaluations so far, in all. */
  readonly evaluations: number;
  /** Share of the evaluation under way. */
  readonly fraction: number;
  /** The largest value of the metric so far. */
  readonly best: number | null;
}

export interface MeasureOptions {
  readonly settings: SharpnessSettings;
  /** Ask projected ascent and the Hessian too. */
  readonly check: boolean;
  readonly onProgress?: (progress: MeasurementProgress) => void;
}

/** Settings with the numbers of images that they come to for one checkpoint. */
export interface ResolvedSettings extends SharpnessSettings {
  readonly images: number;
  readonly batchSize: number;
}

export function resolveSettings(settings: SharpnessSettings, { splits, model }: Subject): ResolvedSettings {
  const images = Math.min(settings.images ?? Number.POSITIVE_INFINITY, splits[settings.split].count);
  const batchSize = Math.min(settings.batchSize ?? usualBatchSize(model, settings.batchNorm), images);
  return { ...settings, images, batchSize };
}

/** How many runs of L-BFGS-B the repeats take. */
export function runsOf(settings: SharpnessSettings): number {
  return isRandom(settings) ? settings.repeats : 1;
}

/**
 * @throws SmoothOutError CHECKPOINT_INVALID where the loss at the checkpoint is not finite; USAGE for a subspace that
 * does not fit into memory; the reason of the laboratory's signal once it is aborted.
 */
export async function measureSharpness(
  laboratory: Laboratory,
  subject: Subject,
  options: MeasureOptions,
): Promise<StoredMeasurement> {
  const settings = resolveSettings(options.settings, subject);
  checkManifold(settings, subject.model.layout.size);
  const startedAt = performance.now();
  const follow = progressReporter(options.onProgress);
  const loss = await splitObjective(laboratory, subject, settings, (fraction) => follow({ fraction }));
  let evaluated = 0;
  const objective: Objective = async (x, gradient) => {
    const f = await loss.evaluate(x, gradient);
    follow({ evaluations: ++evaluated, fraction: 0 });
    return f;
  };
  try {
    const w = Float64Array.from(subject.weights.parameters);
    const runs: SharpnessOnce[] = [];
    const spaceFor = (repeat: number): SearchSpace => searchSpace(objective, w, settings, repeat);
    for (let repeat = 0; repeat < runsOf(settings); repeat++) {
      follow({ repeat, iteration: 0 });
      const best = Math.max(...runs.map(({ sharpness }) => sharpness));
      const onIteration = ({ iteration, sharpness }: { iteration: number; sharpness: number }): void =>
        follow({ iteration, best: Math.max(best, sharpness) });
      const run = await measureOnce(spaceFor(repeat), { ...settings, repeat, onIteration });
      if (!Number.isFinite(run.loss)) {
        throw new SmoothOutError('CHECKPOINT_INVALID', `${subject.file.path}: its loss is ${run.loss}`);
      }
      runs.push(run);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const report = (what: MeasurementProgress['what'], sharpness: number | null): void =>
      follow({ what, best: sharpness });
    const check = options.check ? await askSecondOpinions(spaceFor(0), runs[0]!.loss, settings.seed, report) : null;
    const { name: engine, device } = laboratory.engine;
    const splitImages = subject.splits[settings.split].count;
    return { ...measurementOf(settings, runs), splitImages, check, seconds, engine, device };
  } finally {
    await loss.dispose();
  }
}

function progressReporter(onProgress: MeasureOptions['onProgress']): (change: Partial<MeasurementProgress>) => void {
  let now: MeasurementProgress = {
    what: 'L-BFGS-B',
    repeat: 0,
    iteration: 0,
    evaluations: 0,
    fraction: 0,
    best: null,
  };
  return (change) => {
    now = { ...now, ...change };
    onProgress?.(now);
  };
}

async function splitObjective(
  laboratory: Laboratory,
  subject: Subject,
  { split, images, batchNorm, batchSize }: ResolvedSettings,
  onFraction: (fraction: number) => void,
): Promise<SplitObjective> {
  const { engine, signal } = laboratory;
  const { model, weights } = subject;
  return createSplitObjective({
    engine,
    model,
    statistics: weights.statistics,
    images: await laboratory.images(subject, split, images),
    batchNorm,
    batchSize,
    signal,
    onBatch: (done) => onFraction(done / images),
  });
}

function measurementOf(
  { repeats: count, ...settings }: ResolvedSettings,
  runs: readonly SharpnessOnce[],
): Omit<StoredMeasurement, 'splitImages' | 'check' | 'seconds' | 'engine' | 'device'> {
  // From the minimiser over all weights every repeat is the same run again: its numbers stand for each.
  const each = Array.from({ length: count }, (_, repeat) => runs[repeat] ?? runs[0]!);
  const repeats = each.map(({ sharpness }) => sharpness);
  return {
    convention: conventionOf(settings),
    ...settings,
    repeats,
    repeatsRun: runs.length,
    value: Math.max(...repeats),
    loss: runs[0]!.loss,
    status: each.map(({ status }) => status),
    evaluations: each.map(({ evaluations }) => evaluations),
  };
}

function searchSpace(
  objective: Objective,
  w: Float64Array,
  { manifold, seed, epsilon }: SharpnessSettings,
  repeat: number,
): SearchSpace {
  if (manifold === null) return fullSpace(objective, w, epsilon);
  return manifoldSpace(objective, w, drawManifold(seed, repeat, manifold, w.length), epsilon);
}

function checkManifold({ manifold }: SharpnessSettings, parameters: number): void {
  if (manifold === null) return;
  if (manifold > parameters) {
    throw new SmoothOutError('USAGE', `--manifold ${manifold}: the network has only ${parameters} parameters`);
  }
  const bytes = manifoldBytes(manifold, parameters);
  if (bytes <= MANIFOLD_LIMIT) return;
  const most = Math.floor(MANIFOLD_LIMIT / manifoldBytes(1, parameters));
  throw new SmoothOutError(
    'USAGE',
    `--manifold ${manifold}: ${manifold} directions of ${parameters} numbers take ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    { hint: `Choose at most ${most}.` },
  );
}
