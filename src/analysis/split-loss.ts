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

const { add, at } = access;

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

interface SplitLoss extends MeanLoss {
  dispose(): Promise<void>;
}

/** The losses of one network over one set of images or another, which share their programs. */
interface Losses {
  readonly over: (images: SplitImages) => MeanLoss;
  dispose(): Promise<void>;
}

/** How many images make a batch where the user does not say. */
export function usualBatchSize({ name }: Model, batchNorm: BatchNormMode): number {
  return networkRow(name).analysisBatch[batchNorm];
}

/**
 * Settings with the numbers of images that they come to for one checkpoint: null stands for all of them, and for the
 * network's usual batch.
 *
 * @throws SmoothOutError USAGE where batch statistics would be those of a single image.
 */
export function resolveImages<Settings extends ImageSettings>(
  settings: Settings,
  { splits, model }: CheckpointFile,
  hint?: string,
): Settings & MeasuredImages {
  const splitImages = splits[settings.split].count;
  const images = Math.min(settings.images ?? Number.POSITIVE_INFINITY, splitImages);
  const batchSize = Math.min(settings.batchSize ?? usualBatchSize(model, settings.batchNorm), images);
  checkBatchStatistics(settings.batchNorm, images, batchSize, hint);
  return { ...settings, images, splitImages, batchSize };
}

interface ImageSettings {
  readonly split: Split;
  readonly batchNorm: BatchNormMode;
  readonly images: number | null;
  readonly batchSize: number | null;
}

/** @throws SmoothOutError USAGE where batch statistics would be those of a single image. */
export function checkBatchStatistics(
  batchNorm: BatchNormMode,
  images: number,
  batchSize: number,
  hint = 'Choose another --batch-size or --images.',
): void {
  if (batchNorm === 'running' || (batchSize > 1 && images % batchSize !== 1)) return;
  const what = `${images} images in batches of ${batchSize} leave a batch of one: nothing to normalise it by`;
  throw new SmoothOutError('USAGE', what, { hint });
}

/**
 * f over all images: the weights are cast to float32 once an evaluation, each batch yields its loss's sum and that sum's
 * gradient in float32, and both are added up in float64. Batches are weighted by their size.
 *
 * Evaluations throw the signal's reason once it is aborted.
 */
export function createSplitLoss({ images, ...options }: SplitLossOptions): SplitLoss {
  const { over, dispose } = createLosses(options);
  return { ...over(images), dispose };
}

export function createLosses(options: LossOptions): Losses {
  const { engine, model, statistics, batchNorm } = options;
  const weights = new Float32Array(model.layout.size);
  const gradients = createProgramCache((count: number) => compileLossAndGradient(engine, model, batchNorm, count));
  const losses = createProgramCache((count: number) => compileLoss(engine, model, batchNorm, count));

  /** Calls `use` with the inputs of each batch at w. */
  function forEachBatch(
    all: SplitImages,
    w: Float64Array,
    use: (inputs: BatchInputs, count: number) => Promise<void>,
  ): Promise<void> {
    weights.set(w);
    return passOver({ ...options, images: all }, weights, (parameters, { images, labels, count }) =>
      use({ parameters, batch: { statistics, images, labels } }, count),
    );
  }

  const over = (images: SplitImages): MeanLoss => ({
    async evaluate(w, gradient) {
      gradient.fill(0);
      let loss = 0;
      await forEachBatch(images, w, async (inputs, count) => {
        const results = await (await gradients.get(count)).run(inputs);
        loss += sumOf(results.loss);
        const values = await results.gradient.read();
        addTo(gradient, values);
        results.gradient.dispose();
      });
      divide(gradient, images.count);
      return loss / images.count;
    },
    async valueAt(w) {
      let loss = 0;
      await forEachBatch(images, w, async (inputs, count) => {
        loss += sumOf((await (await losses.get(count)).run(inputs)).loss);
      });
      return loss / images.count;
    },
  });

  return {
    over,
    async dispose() {
      await gradients.dispose();
      await losses.dispose();
    },
  };
}

/** Calls `use` with each batch, and with a vector that is on the device until the last. @throws as `use`, or the signal's reason */
export async function passOver(
  {
    engine,
    images,
    batchSize,
    signal,
    onBatch,
  }: Pick<SplitLossOptions, 'engine' | 'images' | 'batchSize' | 'signal' | 'onBatch'>,
  vector: Float32Array,
  use: (vector: DeviceArray, batch: Batch) => Promise<void>,
): Promise<void> {
  const onDevice = await engine.upload(vector, [vector.length]);
  let done = 0;
  try {
    for await (const batch of images.batches(batchSize)) {
      // Signals arrive between turns of the event loop only.
      await nextTurn();
      signal.throwIfAborted();
      await use(onDevice, batch);
      done += batch.count;
      onBatch?.(done);
    }
  } finally {
    onDevice.dispose();
  }
}

/** sum += values */
export function addTo(sum: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) add(sum, i, values[i]!);
}

export function divide(vector: Float64Array, by: number): void {
  for (let i = 0; i < vector.length; i++) vector[i] = at(vector, i) / by;
}

interface BatchInputs {
  readonly parameters: DeviceArray;
  readonly batch: { readonly statistics: Float32Array; readonly images: Float32Array; readonly labels: Int32Array };
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
      return { loss: value, gradient };
    },
    inputSpecs(model, mode, count),
    { keep: ['gradient'] },
  );
}
