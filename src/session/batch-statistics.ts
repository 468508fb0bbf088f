/** Computes batch normalisation's statistics for parameters that were never trained: an average, or points between two minima. */
import type { Batch } from '../data/batches.js';
import { type Engine, float, type Value } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { join, split } from '../nn/flat.js';
import { imageSpecs } from '../nn/loss.js';
import type { Model } from '../nn/model.js';

/** @param model without dropout */
export function createStatisticsEstimator(engine: Engine, model: Model) {
  const { layout } = model;
  const programs = createProgramCache((count: number) =>
    engine.compile(
      ({ parameters, images }) => {
        const named = split(parameters, layout.parameters);
        const { batchStatistics } = model.forward({ parameters: named, statistics: {}, images }, 'train');
        return { statistics: join(batchStatistics, layout.statistics) };
      },
      { parameters: float(layout.size), images: imageSpecs(model, count, 'train').images },
    ),
  );
  return {
    /**
     * Mean and unbiased variance of every channel, flat: weighted means of each batch's own.
     *
     * @param weightOf the weight of a batch of so many images. One of weight 0 is left out, as one image must be: it has no variance.
     */
    async estimate(parameters: Value, batches: AsyncIterable<Batch>, weightOf: (images: number) => number) {
      const sums = new Float64Array(layout.statisticsSize);
      let total = 0;
      for await (const { images, count } of batches) {
        const weight = weightOf(count);
        if (weight === 0) continue;
        const { statistics } = await (await programs.get(count)).run({ parameters, images });
        statistics.forEach((value, i) => {
          sums[i]! += weight * value;
        });
        total += weight;
      }
      return Float32Array.from(sums, (sum) => sum / total);
    },
    dispose: programs.dispose,
  };
}
