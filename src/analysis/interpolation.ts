/** The line between two minima (sections 3.2 and Appendix B; Figs. 3a, 5, 7a, 9, 10), after Goodfellow et al. */
import type { Split } from '../data/source.js';
import { firstImages } from '../data/source.js';
import type { Weights } from '../nn/weights.js';
import { createStatisticsEstimator } from '../session/batch-statistics.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator, type Evaluation } from '../session/evaluate.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { usualBatchSize } from './split-loss.js';

/**
 * What becomes of batch norm's running statistics on the way, as the rows of a line call it: they are interpolated like the
 * weights, as the authors do, or estimated anew on the training images, since the mean of two networks' statistics is
 * neither's.
 */
export const STATISTICS = { interpolate: 'interpolated', reestimate: 're-estimated' } as const;
export type Statistics = keyof typeof STATISTICS;

interface InterpolationOptions {
  readonly statistics: Statistics;
  /** The first images of each split only. */
  readonly images?: number;
}

interface Interpolation {
  at(alpha: number, split: Split): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/**
 * Loss and accuracy of α·w_to + (1 − α)·w_from on the images of `from`'s run.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the two are different networks or of different data.
 */
export async function createInterpolation(
  session: Session,
  from: CheckpointFile,
  to: CheckpointFile,
  { statistics, images = Number.POSITIVE_INFINITY }: InterpolationOptions,
): Promise<Interpolation> {
  checkSameNetwork(from, to);
  const { engine } = session;
  const { model, splits } = from;
  const evaluator = createEvaluator(engine, model);
  const estimator = statistics === 'reestimate' ? await trainingStatistics(session, from, images) : null;
  let last: { readonly alpha: number; readonly weights: Weights } | null = null;
  async function weightsAt(alpha: number): Promise<Weights> {
    if (last?.alpha === alpha) return last.weights;
    const mixed = interpolated(from.weights, to.weights, alpha);
    const weights = estimator ? { ...mixed, statistics: await estimator.of(mixed.parameters) } : mixed;
    last = { alpha, weights };
    return weights;
  }
  return {
    async at(alpha, split) {
      const weights = await weightsAt(alpha);
      return evaluator.evaluate(weights.parameters, weights.statistics, firstImages(splits[split], images));
    },
    async dispose() {
      await evaluator.dispose();
      await estimator?.dispose();
    },
  };
}

/** A point of a line between two checkpoints. */
export interface LineRow extends Evaluation {
  readonly alpha: number;
  readonly split: Split;
  readonly from: string;
  readonly to: string;
  readonly statistics: string;
}

interface LineOptions extends InterpolationOptions {
  readonly alphas: readonly number[];
  readonly splits: readonly Split[];
  readonly onShare: (share: number) => void;
}

/** All points of a line. Its programs are compiled once, and freed at its end. @throws as `createInterpolation` */
export async function measureLine(
  session: Session,
  from: CheckpointFile,
  to: CheckpointFile,
  { alphas, splits, onShare, ...options }: LineOptions,
): Promise<LineRow[]> {
  const line = await createInterpolation(session, from, to, options);
  const same = { from: from.path, to: to.path, statistics: STATISTICS[options.statistics] };
  const rows: LineRow[] = [];
  try {
    for (const alpha of alphas) {
      for (const split of splits) {
        rows.push({ alpha, split, ...(await line.at(alpha, split)), ...same });
        onShare(rows.length / (alphas.length * splits.length));
      }
    }
  } finally {
    await line.dispose();
  }
  return rows;
}

export type Pair = readonly [from: CheckpointFile, to: CheckpointFile];

/** Which pairs of checkpoints: all, or those of one experiment that differ in the seed alone or in the method alone. */
export type PairChoice = 'all' | 'seeds' | 'methods';

/**
 * Every pair once, the earlier checkpoint first.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the checkpoints are not of one network, USAGE where there is no such pair.
 */
export function pairsAmong(checkpoints: readonly CheckpointFile[], which: PairChoice): Pair[] {
  for (const other of checkpoints.slice(1)) checkSameNetwork(at(checkpoints, 0), other);
  const all = checkpoints.flatMap((from, i) => checkpoints.slice(i + 1).map((to): Pair => [from, to]));
  const chosen = all.filter(([{ run: a }, { run: b }]) => {
    if (which === 'all') return true;
    if (a === null || b === null || a.experiment !== b.experiment) return false;
    const [sameSeed, sameMethod] = [a.seed === b.seed, a.method === b.method];
    return which === 'seeds' ? sameMethod && !sameSeed : sameSeed && !sameMethod;
  });
  if (chosen.length > 0) return chosen;
  throw new SmoothOutError('USAGE', `--pairs ${which}: there is no such pair among ${checkpoints.length} checkpoints`);
}

/** @throws SmoothOutError USAGE where there is but one image, which has no variance. */
async function trainingStatistics(session: Session, { model, spec, splits }: CheckpointFile, images: number) {
  const train = await session.images(spec, firstImages(splits.train, images));
  if (train.count < 2) throw new SmoothOutError('USAGE', 'batch statistics need at least 2 images, got 1');
  const estimator = createStatisticsEstimator(session.engine, model);
  // The size of a batch matters little: the variance of its mean goes missing.
  const batches = () => train.batches(usualBatchSize(model, 'running'));
  const weightOf = (count: number) => (count === 1 ? 0 : count);
  return {
    of: (parameters: Float32Array) => estimator.estimate(parameters, batches(), weightOf),
    dispose: estimator.dispose,
  };
}

/** α·w₁ + (1 − α)·w₀, parameters and batch statistics alike; α may leave [0, 1]. */
export function interpolated(from: Weights, to: Weights, alpha: number): Weights {
  const mix = (a: Float32Array, b: Float32Array): Float32Array =>
    a.map((value, i) => alpha * b[i]! + (1 - alpha) * value);
  return { parameters: mix(from.parameters, to.parameters), statistics: mix(from.statistics, to.statistics) };
}

/** @throws SmoothOutError CHECKPOINT_INVALID where the two are different networks or of different data. */
function checkSameNetwork(from: CheckpointFile, to: CheckpointFile): void {
  const describe = ({ model, spec }: CheckpointFile): string =>
    `${model.name} of ${model.layout.size} parameters on ${spec.synthetic ? 'generated ' : ''}${spec.dataset}`;
  if (describe(from) === describe(to)) return;
  throw new SmoothOutError(
    'CHECKPOINT_INVALID',
    `${to.path}: ${describe(to)}, where ${from.path} is ${describe(from)}: no line leads from one to the other`,
  );
}
