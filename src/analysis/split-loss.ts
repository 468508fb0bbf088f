/** The loss of a network over a whole split, with its gradient, as L-BFGS-B takes it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SplitImages } from '../data/split-images.js';
import { type Engine, float, sumOf } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { batchLoss, batchSpecs, withGradient } from '../nn/loss.js';
import type { Model, ModelName } from '../nn/model.js';
import { networkRow } from '../nn/networks.js';

/** Running statistics, or those of each batch: the latter cancel what a shift of the weights does to a layer's scale. */
export type BatchNormMode = 'running' | 'batch';

export interface SplitLossOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** Running batch statistics, flat; `batchNorm: 'batch'` has no use for them. */
  readonly statistics: Float32Array;
  readonly images: SplitImages;
  readonly batchNorm: BatchNormMode;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** Called after each batch of an evaluation. */
  readonly onBatch?: (imagesDone: number) => void;
}

export interface SplitLoss {
  /** f(w) and ∇f(w) for w of layout.size numbers: the mean cross-entropy (nats) over the images. */
  readonly evaluate: ObjectiveFunction;
  dispose(): Promise<void>;
}

/** How many images make a batch where the user does not say. */
export function usualBatchSize({ name }: Model, batchNorm: BatchNormMode): number {
  return networkRow(name as ModelName).analysisBatch[batchNorm];
}

/**
 * f over all images: the weights are cast to float32 once an evaluation, each batch yields its loss's sum and that sum's
 * gradient in float32, and both are added up in float64. Batches are weighted by their size.
 *
 * `evaluate` throws the signal's reason once it is aborted.
 */
export function createSplitLoss(options: SplitLossOptions): SplitLoss {
  const { engine, model, statistics, images: split, batchNorm, batchSize, signal, onBatch } = options;
  const { size } = model.layout;
  const weights = new Float32Array(size);
  const programs = createProgramCache((count: number) => compileLossAndGradient(engine, model, batchNorm, count));

  async function evaluate(x: Float64Array, gradient: Float64Array): Promise<number> {
    weights.set(x);
    gradient.fill(0);
    let loss = 0;
    let done = 0;
    const parameters = await engine.upload(weights, [size]);
    try {
      for await (const batch of split.batches(batchSize)) {
        // Signals arrive between turns of the event loop only.
        await nextTurn();
        signal.throwIfAborted();
        const program = await programs.get(batch.count);
        const { images, labels } = batch;
        const results = await program.run({ parameters, batch: { statistics, images, labels } });
        loss += sumOf(results.loss);
        const values = await results.gradient.read();
        for (let i = 0; i < size; i++) gradient[i]! += values[i]!;
        results.gradient.dispose();
        done += batch.count;
        onBatch?.(done);
      }
    } finally {
      parameters.dispose();
    }
    for (let i = 0; i < size; i++) gradient[i]! /= split.count;
    return loss / split.count;
  }

  return { evaluate, dispose: programs.dispose };
}

function compileLossAndGradient(engine: Engine, model: Model, mode: BatchNormMode, count: number) {
  const specs = { parameters: float(model.layout.size), batch: batchSpecs(model, count, mode) };
  return engine.compile(
    ({ parameters, batch }) => {
      const { value, gradient } = withGradient(
        (at) => ({ value: batchLoss(model, at, batch, mode).sum, extras: {} }),
        parameters,
      );
      return { loss: value, gradient };
    },
    specs,
    { keep: ['gradient'] },
  );
}
