/** Batch norm's running statistics of weights that were never trained: averages over the training images. */
import type { Tensor1D } from '@tensorflow/tfjs';
import type { Engine, NamedTensors, Program } from '../engine/engine.js';
import type { Model } from '../nn/model.js';
import { batchLoss, batchSignature, float } from '../training/objective.js';
import type { SplitImages } from './images.js';

export interface StatisticsEstimator {
  /** Mean and unbiased variance of every channel, averaged over the batches by their sizes; flat. */
  estimate(parameters: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Weight of the newest batch in running statistics (batchNorm.ts): from 0, a step in train mode leaves this much of it. */
const MOMENTUM = 0.1;

/** `batchSize` matters little: the variance of a batch's mean goes missing. A last batch of one image is left out. */
export function createStatisticsEstimator(
  engine: Engine,
  model: Model,
  images: SplitImages,
  batchSize: number,
): StatisticsEstimator {
  const { size, statisticsSize } = model.layout;
  const zeros = new Float32Array(statisticsSize);
  const programs = new Map<number, Promise<Program>>();
  const programFor = (count: number): Promise<Program> => {
    const signature = { parameters: float(size), ...batchSignature(model, count, 'train') };
    const statistics = (inputs: NamedTensors) => ({
      after: batchLoss(model, inputs.parameters as Tensor1D, inputs, 'train').statistics,
    });
    const program = programs.get(count) ?? engine.compile(statistics, signature);
    programs.set(count, program);
    return program;
  };
  return {
    async estimate(parameters) {
      const sums = new Float64Array(statisticsSize);
      let weight = 0;
      for await (const batch of images.batches(batchSize)) {
        if (batch.count === 1) continue;
        const program = await programFor(batch.count);
        const { images: pixels, labels, count } = batch;
        const { after } = await program.run({ parameters, statistics: zeros, images: pixels, labels });
        for (let i = 0; i < statisticsSize; i++) sums[i]! += (count * (after as Float32Array)[i]!) / MOMENTUM;
        weight += count;
      }
      return Float32Array.from(sums, (sum) => sum / weight);
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}
