/** The loss of a network over a whole split, with its gradient, as L-BFGS-B takes it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, SplitImages } from '../data/batches.js';
import type { Split } from '../data/source.js';
import { type DeviceArray, type Engine, float, sumOf } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { access } from '../lbfgsb/vectors.js';
import { batchLoss, batchSpecs, withGradient } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import { networkRow } from '../nn/networks.js';
import type { MeasuredImages } from '../records/sharpness-conventions.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { SmoothOutError } from '../support/errors.js';

const { add, at: item } = access;

/** Running statistics, or those of each batch: the latter cancel what a shift of the weights does to a layer's scale. */
export type BatchNormMode = 'running' | 'batch';

interface LossOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** Running batch statistics, flat; `batchNorm: 'batch'` has no use for them. */
  readonly statistics: Float32Array;
  readonly batchNorm: BatchNormMode;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** Called after each batch of an evaluation. */
  readonly onBatch?: (imagesDone: number) => void;
}

export interface SplitLossOptions extends LossOptions {
  readonly images: SplitImages;
}

/** The mean cross-entropy (nats) over some images, as a function of w of layout.size numbers. */
export interface MeanLoss {
  /** f(w) and ∇f(w). */
  readonly evaluate: ObjectiveFunction;
  /** f(w) alone, which takes a forward pass. */
  readonly valueAt: (w: Float64Array) => Promise<number>;
}

/** How many images make a batch where the user does not say. */
export function usualBatchSize({ name }: Model, batchNorm: BatchNormMode): number {
  return networkRow(name).analysisBatch[batchNorm];
}

/** Of a measurement: what is null is all images of the split, and the network's usual batch. */
interface ImageSettings {
  readonly split: Split;
  readonly batchNorm: BatchNormMode;
  readonly images: number | null;
  readonly batchSize: number | null;
}

/**
 * The settings with the numbers of images that they come to for one checkpoint.
 *
 * @throws SmoothOutError USAGE where batch statistics would be those of a single image.
 */
export function resolveImages<Settings extends ImageSettings>(
  settings: Settings,
  { splits, model }: CheckpointFile,
  hint = 'Choose another --batch-size or --images.',
): Settings & MeasuredImages {
  const { split, batchNorm } = settings;
  const splitImages = splits[split].count;
  const images = Math.min(settings.images ?? Number.POSITIVE_INFINITY, splitImages);
  const batchSize = Math.min(settings.batchSize ?? usualBatchSize(model, batchNorm), images);
  if (batchNorm === 'batch' && (batchSize === 1 || images % batchSize === 1)) {
    const what = `${images} images in batches of ${batchSize} leave a batch of one: nothing to normalise it by`;
    throw new SmoothOutError('USAGE', what, { hint });
  }
  return { ...settings, images, splitImages, batchSize };
}

/**
 * f over all images: the weights are cast to float32 once an evaluation, each batch yields its loss's sum and that sum's
 * gradient in float32, and both are added up in float64. Batches are weighted by their size.
 *
 * Evaluations throw the signal's reason once it is aborted.
 */
export function createSplitLoss({ images, ...options }: SplitLossOptions) {
  const { over, dispose } = createLosses(options);
  return { ...over(images), dispose };
}

/** The losses of one network over one set of images or another, which share their programs. */
export function createLosses(options: LossOptions) {
  const { engine, model, statistics, batchNorm } = options;
  const weights = new Float32Array(model.layout.size);
  const gradients = createProgramCache((count: number) => compileLossAndGradient(engine, model, batchNorm, count));
  const losses = createProgramCache((count: number) => compileLoss(engine, model, batchNorm, count));
  const by =
    (programs: typeof gradients | typeof losses): BatchSums =>
    async (parameters, { images, labels, count }) =>
      (await programs.get(count)).run({ parameters, batch: { statistics, images, labels } });

  function over(images: SplitImages): MeanLoss {
    const mean = (w: Float64Array, sums: BatchSums, out?: Float64Array): Promise<number> => {
      weights.set(w);
      return meanOver({ ...options, images }, weights, sums, out);
    };
    return {
      evaluate: (w, gradient) => mean(w, by(gradients), gradient),
      valueAt: (w) => mean(w, by(losses)),
    };
  }

  return {
    over,
    async dispose() {
      await gradients.dispose();
      await losses.dispose();
    },
  };
}

/** Of a batch, at a vector on the device: the loss and, where that is wanted, the vector, summed over its images. */
type BatchSums = (
  at: DeviceArray,
  batch: Batch,
) => Promise<{ readonly loss: Float32Array; readonly vector?: DeviceArray }>;

/**
 * Means over all images, at `at`: returns that of the loss, and writes to `out` that of the vector, from `offset` on.
 *
 * @throws what `sums` throws, or the signal's reason
 */
export async function meanOver(
  { engine, images, batchSize, signal, onBatch }: Omit<SplitLossOptions, 'model' | 'statistics' | 'batchNorm'>,
  at: Float32Array,
  sums: BatchSums,
  out: Float64Array = new Float64Array(0),
  offset = 0,
): Promise<number> {
  const onDevice = await engine.upload(at, [at.length]);
  out.fill(0);
  let lossSum = 0;
  let done = 0;
  try {
    for await (const batch of images.batches(batchSize)) {
      // Signals arrive between turns of the event loop only.
      await nextTurn();
      signal.throwIfAborted();
      const { loss, vector } = await sums(onDevice, batch);
      lossSum += sumOf(loss);
      if (vector) addTo(out, (await vector.read()).subarray(offset));
      vector?.dispose();
      done += batch.count;
      onBatch?.(done);
    }
  } finally {
    onDevice.dispose();
  }
  for (let i = 0; i < out.length; i++) out[i] = item(out, i) / images.count;
  return lossSum / images.count;
}

/** sum += values */
function addTo(sum: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) add(sum, i, values[i]!);
}

const inputSpecs = (model: Model, mode: BatchNormMode, count: number) => ({
  parameters: float(model.layout.size),
  batch: batchSpecs(model, count, mode),
});

function compileLoss(engine: Engine, model: Model, mode: BatchNormMode, count: number) {
  return engine.compile(
    ({ parameters, batch }) => ({ loss: batchLoss(model, parameters, batch, mode).sum }),
    inputSpecs(model, mode, count),
  );
}

function compileLossAndGradient(engine: Engine, model: Model, mode: BatchNormMode, count: number) {
  return engine.compile(
    ({ parameters, batch }) => {
      const { value, gradient } = withGradient(
        (at) => ({ value: batchLoss(model, at, batch, mode).sum, extras: {} }),
        parameters,
      );
      return { loss: value, vector: gradient };
    },
    inputSpecs(model, mode, count),
    { keep: ['vector'] },
  );
}
