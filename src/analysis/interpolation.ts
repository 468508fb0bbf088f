/** The line between two minima (sections 3.2 and Appendix B; Figs. 3a, 5, 7a, 9, 10), after Goodfellow et al. */
import { firstImages } from '../data/source.js';
import type { Split, SplitImages } from '../data/split-images.js';
import { type Engine, float } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, batchSpecs } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import type { Weights } from '../nn/weights.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator, type Evaluation } from '../session/evaluate.js';
import type { Session } from '../session/session.js';
import { SmoothOutError } from '../support/errors.js';
import { usualBatchSize } from './split-loss.js';

export interface InterpolationOptions {
  /**
   * Batch norm's running statistics on the way: interpolated like the weights, as the authors do, or estimated anew on
   * the training images, since the mean of two networks' statistics is neither's.
   */
  readonly statistics: 'interpolate' | 'reestimate';
  /** The first images of each split only. */
  readonly images?: number;
}

export interface Interpolation {
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
  const estimator =
    statistics === 'reestimate'
      ? createStatisticsEstimator(
          engine,
          model,
          await session.images(from.spec, firstImages(from.splits.train, images)),
          usualBatchSize(model, 'running'),
        )
      : null;
  let last: { readonly alpha: number; readonly weights: Weights } | null = null;
  async function weightsAt(alpha: number): Promise<Weights> {
    if (last?.alpha === alpha) return last.weights;
    const mixed = interpolated(from.weights, to.weights, alpha);
    const weights = estimator ? { ...mixed, statistics: await estimator.estimate(mixed.parameters) } : mixed;
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

/** α·w₁ + (1 − α)·w₀, parameters and batch statistics alike; α may leave [0, 1]. */
export function interpolated(from: Weights, to: Weights, alpha: number): Weights {
  const mix = (a: Float32Array, b: Float32Array): Float32Array =>
    a.map((value, i) => alpha * b[i]! + (1 - alpha) * value);
  return { parameters: mix(from.parameters, to.parameters), statistics: mix(from.statistics, to.statistics) };
}

function checkSameNetwork(from: CheckpointFile, to: CheckpointFile): void {
  const describe = ({ model, spec }: CheckpointFile): string =>
    `${model.name} of ${model.layout.size} parameters on ${spec.synthetic ? 'generated ' : ''}${spec.dataset}`;
  if (describe(from) === describe(to)) return;
  throw new SmoothOutError(
    'CHECKPOINT_INVALID',
    `${to.path}: ${describe(to)}, where ${from.path} is ${describe(from)}: no line leads from one to the other`,
  );
}

/** Batch norm's running statistics of weights that were never trained: averages over the training images. */
export interface StatisticsEstimator {
  /** Mean and unbiased variance of every channel, averaged over the batches by their sizes; flat. */
  estimate(parameters: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Weight of the newest batch in running statistics (batchNorm.ts): from 0, a step in train mode leaves this much of it. */
const MOMENTUM = 0.1;

/**
 * `batchSize` matters little: the variance of a batch's mean goes missing. A last batch of one image is left out.
 *
 * @throws SmoothOutError USAGE where there is but one image, which has no variance.
 */
export function createStatisticsEstimator(
  engine: Engine,
  model: Model,
  images: SplitImages,
  batchSize: number,
): StatisticsEstimator {
  if (images.count < 2) throw new SmoothOutError('USAGE', 'batch statistics need at least 2 images, got 1');
  const { size, statisticsSize } = model.layout;
  const zeros = new Float32Array(statisticsSize);
  const programs = createProgramCache((count: number) =>
    engine.compile(({ parameters, batch }) => ({ after: batchLoss(model, parameters, batch, 'train').statistics }), {
      parameters: float(size),
      batch: batchSpecs(model, count, 'train'),
    }),
  );
  return {
    async estimate(parameters) {
      const sums = new Float64Array(statisticsSize);
      let weight = 0;
      for await (const batch of images.batches(batchSize)) {
        if (batch.count === 1) continue;
        const { images: pixels, labels, count } = batch;
        const program = await programs.get(count);
        const { after } = await program.run({ parameters, batch: { statistics: zeros, images: pixels, labels } });
        for (let i = 0; i < statisticsSize; i++) sums[i]! += (count * after[i]!) / MOMENTUM;
        weight += count;
      }
      return Float32Array.from(sums, (sum) => sum / weight);
    },
    dispose: programs.dispose,
  };
}
