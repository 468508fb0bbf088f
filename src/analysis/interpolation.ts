/** The line between two minima (sections 3.2 and Appendix B; Figs. 3a, 5, 7a, 9, 10), after Goodfellow et al. */
import { firstImages, type Split } from '../data/source.js';
import type { Model } from '../nn/model.js';
import type { Weights } from '../nn/weights.js';
import { createStatisticsEstimator } from '../session/batch-statistics.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator, type Evaluation } from '../session/evaluate.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import type { CurveTask } from './curve-rows.js';
import { usualBatchSize } from './split-loss.js';

/**
 * What becomes of batch norm's running statistics on the way, as the rows of a line call it: they are interpolated like the
 * weights, as the authors do, or estimated anew on the training images, since the mean of two networks' statistics is
 * neither's.
 */
export const STATISTICS = { interpolate: 'interpolated', reestimate: 're-estimated' } as const;
export type Statistics = keyof typeof STATISTICS;

/** Between two checkpoints of one network. */
export interface Line {
  readonly from: CheckpointFile;
  readonly to: CheckpointFile;
  readonly statistics: Statistics;
}

/** A point of a line on one split. */
export interface LineRow extends Evaluation {
  readonly alpha: number;
  readonly split: Split;
  readonly from: string;
  readonly to: string;
  readonly statistics: string;
}

/** @param images of each split the first so many only */
export function createLinePoints(session: Session, model: Model, images = Number.POSITIVE_INFINITY) {
  const evaluator = createEvaluator(session.engine, model);
  const estimator = createStatisticsEstimator(session.engine, model);
  async function estimated(parameters: Float32Array, { spec, splits }: CheckpointFile): Promise<Float32Array> {
    const train = await session.images(spec, firstImages(splits.train, images));
    if (train.count < 2) throw new SmoothOutError('USAGE', 'batch statistics need at least 2 images, got 1');
    // The size of a batch matters little: the variance of its mean goes missing.
    const batches = train.batches(usualBatchSize(model, 'running'));
    return estimator.estimate(parameters, batches, (count) => (count === 1 ? 0 : count));
  }
  return {
    /**
     * Loss and accuracy of α·w_to + (1 − α)·w_from on images of `from`'s run.
     *
     * @throws SmoothOutError USAGE where statistics would be estimated from one image, which has no variance.
     */
    async at({ from, to, statistics: how }: Line, alpha: number, splits: readonly Split[]): Promise<LineRow[]> {
      const { parameters, statistics: mixed } = interpolated(from.weights, to.weights, alpha);
      const statistics = how === 'reestimate' ? await estimated(parameters, from) : mixed;
      const rows: LineRow[] = [];
      for (const split of splits) {
        const evaluation = await evaluator.evaluate(parameters, statistics, firstImages(from.splits[split], images));
        rows.push({ alpha, split, ...evaluation, from: from.path, to: to.path, statistics: STATISTICS[how] });
      }
      return rows;
    },
    async dispose() {
      await evaluator.dispose();
      await estimator.dispose();
    },
  };
}

/** A task for each point of each line. */
export function lineTasks(
  points: ReturnType<typeof createLinePoints>,
  lines: readonly Line[],
  { alphas, splits }: { readonly alphas: readonly number[]; readonly splits: readonly Split[] },
  labelOf: (path: string) => string,
): CurveTask<LineRow>[] {
  return lines.flatMap((line) => {
    const label = `${labelOf(line.from.path)} → ${labelOf(line.to.path)}, ${STATISTICS[line.statistics]}`;
    return alphas.map((alpha) => ({ key: `${label}, α = ${alpha}`, rows: () => points.at(line, alpha, splits) }));
  });
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
