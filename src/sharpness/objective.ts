/** The loss of a network over a whole split, with its gradient, as the optimizers of this folder take it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tensor1D } from '@tensorflow/tfjs';
import { imageSize } from '../data/shape.js';
import type { DeviceArray, Engine, NamedTensors, Program } from '../engine/engine.js';
import { withGradient } from '../nn/gradient.js';
import type { Model } from '../nn/model.js';
import { batchLoss, batchSignature, float } from '../training/objective.js';
import type { SplitImages } from './images.js';
import type { Objective } from './lbfgsb/problem.js';

/** Running statistics, or those of each batch: the latter cancel what a shift of the weights does to a layer's scale. */
export type BatchNormMode = 'running' | 'batch';

export interface SplitObjectiveOptions {
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

export interface SplitObjective {
  /** f(w) and ∇f(w) for w of layout.size numbers: the mean cross-entropy (nats) over the images. */
  readonly evaluate: Objective;
  dispose(): Promise<void>;
}

/**
 * With running statistics the size of a batch is only a matter of speed and memory: the largest of these whose images
 * are at most 2²¹ numbers. All divide the sizes of the usual splits, so that no short batch needs a program of its own.
 */
const BATCH_SIZES = [2000, 1000, 500, 250, 100, 50, 25];

/** Keskar et al. use the statistics of large batches; deeper networks are given what fits into memory. */
const STATISTICS_BATCH_SIZES: Readonly<Record<string, number>> = { resnet44: 500, alexnet: 100 };
const STATISTICS_BATCH_SIZE = 5000;

/** How many images make a batch where the user does not say. */
export function usualBatchSize(model: Model, batchNorm: BatchNormMode): number {
  if (batchNorm === 'batch') return STATISTICS_BATCH_SIZES[model.name] ?? STATISTICS_BATCH_SIZE;
  const numbers = imageSize(model.inputShape);
  return BATCH_SIZES.find((images) => images * numbers <= 2 ** 21) ?? BATCH_SIZES.at(-1)!;
}

/**
 * f over all images: the weights are cast to float32 once an evaluation, each batch yields its loss's sum and that sum's
 * gradient in float32, and both are added up in float64. Batches are weighted by their size.
 *
 * `evaluate` throws the signal's reason once it is aborted.
 */
export function createSplitObjective(options: SplitObjectiveOptions): SplitObjective {
  const { engine, model, statistics, images, batchNorm, batchSize, signal, onBatch } = options;
  const { size } = model.layout;
  const weights = new Float32Array(size);
  const programs = new Map<number, Promise<Program>>();
  const programFor = (count: number): Promise<Program> => {
    if (!programs.has(count)) programs.set(count, compileLossAndGradient(engine, model, batchNorm, count));
    return programs.get(count)!;
  };

  async function evaluate(x: Float64Array, gradient: Float64Array): Promise<number> {
    weights.set(x);
    gradient.fill(0);
    let loss = 0;
    let done = 0;
    const parameters = await engine.upload(weights, [size]);
    try {
      for await (const batch of images.batches(batchSize)) {
        // Signals arrive between turns of the event loop only.
        await nextTurn();
        signal.throwIfAborted();
        const program = await programFor(batch.count);
        const results = await program.run({ parameters, statistics, images: batch.images, labels: batch.labels });
        loss += (results.loss as Float32Array)[0]!;
        const ofBatch = results.gradient as DeviceArray;
        addTo(gradient, (await ofBatch.read()) as Float32Array);
        ofBatch.dispose();
        done += batch.count;
        onBatch?.(done);
      }
    } finally {
      parameters.dispose();
    }
    for (let i = 0; i < size; i++) gradient[i]! /= images.count;
    return loss / images.count;
  }

  return {
    evaluate,
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}

function compileLossAndGradient(engine: Engine, model: Model, mode: BatchNormMode, count: number): Promise<Program> {
  const lossAndGradient = (inputs: NamedTensors) => {
    const { value, gradient } = withGradient(
      (parameters) => ({ value: batchLoss(model, parameters, inputs, mode).sum, extras: {} }),
      inputs.parameters as Tensor1D,
    );
    return { loss: value, gradient };
  };
  const signature = { parameters: float(model.layout.size), ...batchSignature(model, count, mode) };
  return engine.compile(lossAndGradient, signature, { keep: ['gradient'] });
}

function addTo(sum: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}
