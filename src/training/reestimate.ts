/** Running statistics of batch normalisation for parameters that no step ever trained: those of an average. */
import type { RunSpec } from '../config/schema.js';
import { batches } from '../data/batches.js';
import type { ImageSource } from '../data/source.js';
import type { Engine, Value } from '../engine/engine.js';
import { createStatisticsEstimator } from '../session/batch-statistics.js';
import { buildNetwork } from './learner.js';
import { passSizes } from './plan.js';

/**
 * Means over the training images, in batches (and ghost batches) as the run has them, of each batch's own statistics, as
 * `torch.optim.swa_utils.update_bn` does. Without dropout and augmentation.
 */
export async function createReestimator(engine: Engine, spec: RunSpec, source: ImageSource) {
  const estimator = createStatisticsEstimator(engine, await buildNetwork({ ...spec, dropout: 0 }, source));
  const parts = () => batches(source, { batchSize: spec.batchSize, cut: (count) => passSizes(count, spec) });
  return {
    /** The running statistics of these parameters, flat. */
    statisticsOf: (parameters: Value): Promise<Float32Array> => estimator.estimate(parameters, parts(), () => 1),
    dispose: estimator.dispose,
  };
}
