/** Running statistics of batch normalisation for parameters that no step ever trained: those of an average. */
import type { RunSpec } from '../config/schema.js';
import { batches } from '../data/batches.js';
import type { ImageSource } from '../data/source.js';
import { type Engine, float, type Value } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { MOMENTUM } from '../nn/batch-norm.js';
import { batchLoss, imageSpecs } from '../nn/loss.js';
import { passSizes } from './batch-sizes.js';
import { buildNetwork } from './learner.js';

/**
 * Means over the training images, in batches (and ghost batches) as the run has them, of each batch's own statistics, as
 * `torch.optim.swa_utils.update_bn` does. Without dropout and augmentation.
 */
export async function createReestimator(engine: Engine, spec: RunSpec, source: ImageSource) {
  const model = await buildNetwork({ ...spec, dropout: 0 }, source);
  const { size, statisticsSize } = model.layout;
  const zeros = new Float32Array(statisticsSize);
  const programs = createProgramCache((count: number) =>
    engine.compile(
      ({ parameters, statistics, batch }) => ({
        statistics: batchLoss(model, parameters, { statistics, ...batch }, 'train').statistics,
      }),
      { parameters: float(size), statistics: float(statisticsSize), batch: imageSpecs(model, count, 'train') },
    ),
  );
  return {
    /** The running statistics of these parameters, flat. */
    async statisticsOf(parameters: Value): Promise<Float32Array> {
      const sums = new Float64Array(statisticsSize);
      let passes = 0;
      const cut = (count: number) => passSizes(count, spec);
      for await (const { images, labels, count } of batches(source, { batchSize: spec.batchSize, cut })) {
        const program = await programs.get(count);
        const { statistics } = await program.run({ parameters, statistics: zeros, batch: { images, labels } });
        statistics.forEach((value, i) => {
          sums[i]! += value;
        });
        passes++;
      }
      // From 0, a batch moves the running statistics by this share of its own.
      return Float32Array.from(sums, (sum) => sum / (MOMENTUM * passes));
    },
    dispose: programs.dispose,
  };
}
