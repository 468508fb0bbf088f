/** Batch norm's running statistics of weights that were never trained, such as those between two networks. */
import type { SplitImages } from '../data/split-images.js';
import { type Engine, float } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { MOMENTUM } from '../nn/batch-norm.js';
import { batchLoss, batchSpecs } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import { SmoothOutError } from '../support/errors.js';

export interface StatisticsEstimator {
  /** Mean and unbiased variance of every channel, averaged over the batches by their sizes; flat. */
  estimate(parameters: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

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
        // From 0, a step in train mode leaves this share of the batch's own statistics.
        for (let i = 0; i < statisticsSize; i++) sums[i]! += (count * after[i]!) / MOMENTUM;
        weight += count;
      }
      return Float32Array.from(sums, (sum) => sum / weight);
    },
    dispose: programs.dispose,
  };
}
