/** The sharpness of one checkpoint: Keskar et al.'s metric (keskar.ts) with all repeats and second opinions. */
import { firstImages } from '../data/source.js';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import {
  type ConventionSettings,
  conventionOf,
  type MeasuredImages,
  NAMED_CONVENTIONS,
} from '../records/sharpness-conventions.js';
import {
  answersSharpness,
  type SharpnessCheck,
  type SharpnessMeasurement,
  sharpnessFile,
  sharpnessPath,
} from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { largestHessianEigenvalue } from './hessian.js';
import { fullSpace, measureOnce, relativeIncrease, type SearchSpace, type SharpnessOnce } from './keskar.js';
import { drawManifold, manifoldSpace } from './manifold.js';
import { type MeasureStep, measuring } from './measure-checkpoint.js';
import { maximizeByProjectedAscent } from './projected-ascent.js';
import { createSplitLoss, resolveImages } from './split-loss.js';

/** What a measurement depends on beside the checkpoint. */
export interface SharpnessSettings extends ConventionSettings {
  readonly repeats: number;
  /** The first images of the split only; null for all of them. */
  readonly images: number | null;
  /** Null for the network's usual one (split-loss.ts). */
  readonly batchSize: number | null;
  /** Of random starts and subspaces. */
  readonly seed: number;
}

/** The metric as the paper defines it, on the training set of a network that has finished training. */
export const DEFAULT_SETTINGS: SharpnessSettings = {
  ...NAMED_CONVENTIONS.defined,
  repeats: 5,
  images: null,
  batchSize: null,
  seed: 1,
};

/** `check`: ask projected ascent and the Hessian too. */
export type AskedSharpness = SharpnessSettings & { readonly check: boolean };

/** How many runs of L-BFGS-B the repeats take: from the minimiser over all weights, every one would be the same. */
function runsOf({ start, manifold, repeats }: SharpnessSettings): number {
  return start === 'random' || manifold !== null ? repeats : 1;
}

/**
 * Keskar et al.'s metric by one convention.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the loss at the checkpoint is not finite; USAGE for a subspace that
 * does not fit into memory; the reason of the session's signal once it is aborted.
 */
export async function measureSharpness(
  session: Session,
  checkpoint: CheckpointFile,
  asked: AskedSharpness,
  onStep: (step: MeasureStep) => void = () => {},
): Promise<SharpnessMeasurement> {
  const { check: isChecked, ...settings } = resolveImages(asked, checkpoint);
  const { model, weights, spec, splits } = checkpoint;
  checkManifold(settings, model.layout.size);
  const startedAt = performance.now();
  const follow = followSteps(onStep);
  const { engine, signal } = session;
  const { split, images, batchNorm, batchSize } = settings;
  let evaluated = 0;
  const { evaluate, dispose } = createSplitLoss({
    ...{ engine, model, statistics: weights.statistics, batchNorm, batchSize, signal },
    images: await session.images(spec, firstImages(splits[split], images)),
    onBatch: (done) => follow(done < images ? { share: done / images } : { evaluations: ++evaluated, share: 0 }),
  });
  try {
    const w = Float64Array.from(weights.parameters);
    const runs: SharpnessOnce[] = [];
    const spaceFor = (repeat: number): SearchSpace => searchSpace(evaluate, w, settings, repeat);
    for (let repeat = 0; repeat < runsOf(settings); repeat++) {
      follow(placeOf(repeat, 0, settings));
      const best = Math.max(...runs.map(({ sharpness }) => sharpness));
      const onIteration = ({ iteration, sharpness }: { iteration: number; sharpness: number }): void =>
        follow({ ...placeOf(repeat, iteration, settings), best: Math.max(best, sharpness) });
      const run = await measureOnce(spaceFor(repeat), { ...settings, repeat, onIteration });
      if (!Number.isFinite(run.loss)) {
        throw new SmoothOutError('CHECKPOINT_INVALID', `${checkpoint.path}: its loss is ${run.loss}`);
      }
      runs.push(run);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const check = isChecked ? await askSecondOpinions(spaceFor(0), at(runs, 0).loss, settings.seed, follow) : null;
    return { ...measurementOf(settings, runs), check, seconds, engine: engine.name, device: engine.device };
  } finally {
    await dispose();
  }
}

interface Progress extends Omit<MeasureStep, 'doing'> {
  readonly part: string;
  /** So far, in all. */
  readonly evaluations: number;
  /** Of the evaluation under way. */
  readonly share: number;
}

type Follow = (change: Partial<Progress>) => void;

function followSteps(onStep: (step: MeasureStep) => void): Follow {
  let now: Progress = { part: '', evaluations: 0, share: 0, done: 0, best: null };
  return (change) => {
    now = { ...now, ...change };
    const { part, evaluations, share, done, best } = now;
    onStep({ doing: `${part}, evaluation ${evaluations + 1} ${Math.round(100 * share)}%`, done, best });
  };
}

/** Of L-BFGS-B's repeats that are run, and the iterations done in this one. */
function placeOf(repeat: number, iteration: number, settings: SharpnessSettings): Pick<Progress, 'part' | 'done'> {
  const { maxIterations } = settings;
  const runs = runsOf(settings);
  return {
    part: `${runs === 1 ? '' : `repeat ${repeat + 1}/${runs} `}iteration ${iteration}/${maxIterations}`,
    done: (repeat * maxIterations + iteration) / (runs * maxIterations),
  };
}

function measurementOf(
  { repeats: count, ...settings }: SharpnessSettings & MeasuredImages,
  runs: readonly SharpnessOnce[],
): Omit<SharpnessMeasurement, 'check' | 'seconds' | 'engine' | 'device'> {
  // From the minimiser over all weights every repeat is the same run again: its numbers stand for each.
  const each = Array.from({ length: count }, (_, repeat) => runs[repeat] ?? at(runs, 0));
  const repeats = each.map(({ sharpness }) => sharpness);
  return {
    convention: conventionOf(settings),
    ...settings,
    repeats,
    repeatsRun: runs.length,
    value: Math.max(...repeats),
    loss: at(runs, 0).loss,
    status: each.map(({ status }) => status),
    evaluations: each.map(({ evaluations }) => evaluations),
  };
}

function searchSpace(
  objective: ObjectiveFunction,
  w: Float64Array,
  { manifold, seed, epsilon }: SharpnessSettings,
  repeat: number,
): SearchSpace {
  if (manifold === null) return fullSpace(objective, w, epsilon);
  return manifoldSpace(objective, w, drawManifold(seed, repeat, manifold, w.length), epsilon);
}

/** Bytes: what a subspace may take. */
const MANIFOLD_LIMIT = 2 ** 32;

function checkManifold({ manifold }: SharpnessSettings, parameters: number): void {
  if (manifold === null) return;
  if (manifold > parameters) {
    throw new SmoothOutError('USAGE', `--manifold ${manifold}: the network has only ${parameters} parameters`);
  }
  // Each number takes two bytes.
  const bytes = 2 * manifold * parameters;
  if (bytes <= MANIFOLD_LIMIT) return;
  const most = Math.floor(MANIFOLD_LIMIT / (2 * parameters));
  throw new SmoothOutError(
    'USAGE',
    `--manifold ${manifold}: ${manifold} directions of ${parameters} numbers take ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    { hint: `Choose at most ${most}.` },
  );
}

/** Relative error of a gradient computed in float32. */
const FLOAT32 = 2 ** -24;

/** `loss` is f at the center. The exact gradient is used, whichever one the measurement was made with. */
async function askSecondOpinions(
  space: SearchSpace,
  loss: number,
  seed: number,
  follow: Follow,
): Promise<SharpnessCheck> {
  const ascent = await maximizeByProjectedAscent(space.objective, space.center, {
    ...space.box,
    seed,
    onStep: ({ best }) => follow({ part: 'projected ascent', best: relativeIncrease(best, loss) }),
  });
  const largestEigenvalue = await largestHessianEigenvalue(space.objective, space.center, {
    gradientError: FLOAT32,
    seed,
    onIteration: () => follow({ part: 'Hessian', best: null }),
  });
  return {
    projectedAscent: {
      value: relativeIncrease(ascent.f, loss),
      starts: ascent.starts.map((f) => relativeIncrease(f, loss)),
      evaluations: ascent.evaluations,
    },
    largestEigenvalue,
  };
}

export const measureKeskar = measuring<AskedSharpness, AskedSharpness & MeasuredImages, SharpnessMeasurement>({
  recordOf: sharpnessPath,
  resolve: resolveImages,
  titleOf: conventionOf,
  answers: answersSharpness,
  measure: measureSharpness,
  ...sharpnessFile.list('measurements'),
});
