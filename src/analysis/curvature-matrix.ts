/** The Hessian or Gauss–Newton matrix of a network's loss over a whole split, as a matrix that is known by its products. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/batches.js';
import { type DeviceArray, type Engine, float } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { type CurvatureMatrix, curvatureProduct } from '../nn/curvature.js';
import { split } from '../nn/flat.js';
import { batchSpecs, crossEntropy } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import type { Weights } from '../nn/weights.js';
import type { SymmetricMatrix } from './lanczos.js';
import { type BatchNormMode, meanOver, type SplitLossOptions } from './split-loss.js';

interface LossCurvatureOptions extends Omit<SplitLossOptions, 'statistics'> {
  readonly matrix: CurvatureMatrix;
  readonly weights: Weights;
}

/**
 * Of the mean cross-entropy over all images. Each batch yields its product in float32, exact to rounding; they are added
 * up in float64. With statistics of each batch the matrix is that of the sum of the batches' losses.
 *
 * `multiply` throws the signal's reason once it is aborted, and RangeError where a product is not finite.
 */
export async function createLossCurvature(options: LossCurvatureOptions) {
  const { engine, model, weights, matrix, batchNorm } = options;
  const { size: parameters } = model.layout;
  const programs = createProgramCache((count: number) => compileProduct(engine, model, matrix, batchNorm, count));
  const w = await engine.upload(weights.parameters, [parameters]);
  const direction = new Float32Array(parameters);
  let loss: number | null = null;

  async function multiply(out: Float64Array, offset: number): Promise<void> {
    const sums = async (v: DeviceArray, { images, labels, count }: Batch) =>
      (await programs.get(count)).run({ w, v, batch: { statistics: weights.statistics, images, labels } });
    loss = await meanOver(options, direction, sums, out, offset);
    if (!out.every(Number.isFinite)) throw new RangeError(`a product with the ${matrix} is not finite`);
  }

  return {
    /** The rows and columns of the parameters from `offset` on, `size` of them. */
    block: (offset: number, size: number): SymmetricMatrix => ({
      size,
      async multiply(v, out) {
        direction.fill(0);
        direction.set(v, offset);
        await multiply(out, offset);
      },
    }),
    /** The mean cross-entropy (nats) over the images; null before the first product. */
    loss: () => loss,
    async dispose() {
      w.dispose();
      await programs.dispose();
    },
  };
}

function compileProduct(engine: Engine, model: Model, matrix: CurvatureMatrix, mode: BatchNormMode, count: number) {
  const { layout, classes } = model;
  const specs = { w: float(layout.size), v: float(layout.size), batch: batchSpecs(model, count, mode) };
  return engine.compile(
    ({ w, v, batch: { statistics: running, images, labels } }) => {
      const statistics = split(running, layout.statistics);
      const network = (at: tf.Tensor): tf.Tensor =>
        model.forward({ parameters: split(at as tf.Tensor1D, layout.parameters), statistics, images }, mode).logits;
      const onehot = tf.cast(tf.oneHot(labels, classes), 'float32');
      const { product, logits } = curvatureProduct(matrix, network, [w, v, onehot]);
      return { vector: product, loss: crossEntropy(logits, labels).sum };
    },
    specs,
    { keep: ['vector'] },
  );
}
