/** The learning rate of an epoch: its schedule, and "learning rate tuning" for large batches. */

export interface LearningRateSettings {
  readonly optimizer: { readonly learningRate: number; readonly scaleLearningRate: boolean };
  readonly schedule: readonly { readonly epoch: number; readonly factor: number }[];
  readonly batchSize: number;
  readonly ghostBatchSize: number | null;
}

/**
 * The learning rate of an epoch (counted from 0): the base rate times the factor of the last schedule entry reached.
 * "Learning rate tuning" (Hoffer et al. 2017) multiplies it by √(batch size / ghost batch size).
 */
export function learningRateAt(epoch: number, settings: LearningRateSettings): number {
  const { optimizer, schedule, batchSize, ghostBatchSize } = settings;
  const scale = optimizer.scaleLearningRate && ghostBatchSize !== null ? Math.sqrt(batchSize / ghostBatchSize) : 1;
  const factor = schedule.reduce((latest, entry) => (epoch >= entry.epoch ? entry.factor : latest), 1);
  return optimizer.learningRate * scale * factor;
}
