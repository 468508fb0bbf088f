/** The learning rate: of an epoch by its schedule and what is made of it for large batches, and of a step within it. */
import type { RunSpec } from '../config/schema.js';

type OptimizerSpec = RunSpec['optimizer'];

export interface LearningRateSettings extends Pick<RunSpec, 'schedule' | 'batchSize' | 'ghostBatchSize'> {
  readonly optimizer: Pick<OptimizerSpec, 'learningRate' | 'scaleLearningRate' | 'scaling' | 'referenceBatchSize'>;
}

/**
 * The learning rate of an epoch (counted from 0): the base rate times the factor of the last schedule entry reached.
 * "Learning rate tuning" (Hoffer et al. 2017) multiplies it by √(batch size / ghost batch size); linear scaling (Goyal et
 * al. 2017) by k = batch size / reference batch size, square-root scaling (Krizhevsky 2014) by √k.
 */
export function learningRateAt(epoch: number, settings: LearningRateSettings): number {
  const { optimizer, schedule, batchSize, ghostBatchSize } = settings;
  const tuning = optimizer.scaleLearningRate && ghostBatchSize !== null ? Math.sqrt(batchSize / ghostBatchSize) : 1;
  const k = batchSize / optimizer.referenceBatchSize;
  const scale = { none: 1, linear: k, sqrt: Math.sqrt(k) }[optimizer.scaling];
  const factor = schedule.reduce((latest, entry) => (epoch >= entry.epoch ? entry.factor : latest), 1);
  return optimizer.learningRate * tuning * scale * factor;
}

/**
 * The factor of step t of T (counted from 0): (t + 1)/W during the W steps of the warm-up; after it 1, or half a cosine
 * wave from 1 to 0 (Loshchilov & Hutter 2017, without restarts). Here `warmup` is in steps.
 */
export function stepFactor(t: number, T: number, { warmup, decay }: Pick<OptimizerSpec, 'warmup' | 'decay'>): number {
  if (t < warmup) return (t + 1) / warmup;
  return decay === 'none' ? 1 : (1 + Math.cos((Math.PI * (t - warmup)) / (T - warmup))) / 2;
}
