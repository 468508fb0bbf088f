/** How many images a batch, and a ghost batch, has. */
import type { RunSpec } from '../config/schema.js';
import type { ImageSource } from '../data/source.js';
import { SmoothOutError } from '../support/errors.js';

/** @throws SmoothOutError CONFIG_INVALID where the training images are fewer than a batch, or leave a batch of one. */
export function checkBatches(spec: RunSpec, train: ImageSource): void {
  const refused = (why: string, hint: string) =>
    new SmoothOutError('CONFIG_INVALID', `${spec.experiment}: ${why}`, { hint });
  if (spec.batchSize > train.count) {
    throw refused(
      `batchSize ${spec.batchSize} is larger than the training set: ${train.name} has ${train.count} images`,
      `Choose a batchSize of at most ${train.count}, or more training images.`,
    );
  }
  if (leavesOneImage(train.count, spec)) {
    throw refused(
      `${train.count} training images leave a batch, or ghost batch, of one: nothing to normalise it by`,
      'Choose another batchSize, ghostBatchSize or trainLimit.',
    );
  }
}

/** Whether batch normalisation would see a batch of one image, at the end of every epoch. */
function leavesOneImage(images: number, spec: RunSpec): boolean {
  const sizes = batchSizes(images, spec.batchSize).flatMap((count) => passSizes(count, spec));
  return sizes.includes(1);
}

/** The size of each batch of an epoch: the last may be short. */
export function batchSizes(images: number, batchSize: number): number[] {
  const count = Math.ceil(images / batchSize);
  return Array.from({ length: count }, (_, i) => Math.min(batchSize, images - i * batchSize));
}

/** The images of each pass over a batch: its ghost batches, of which LPF-SGD cuts each into as many parts as it has samples. */
export function passSizes(count: number, { method, batchSize, ghostBatchSize }: RunSpec): number[] {
  const samples = method.name === 'lpf-sgd' ? method.noise.samples : 1;
  const whole = ghostBatchSize ?? batchSize;
  return ghostBatches(count, batchSize, samples === 1 ? ghostBatchSize : whole / samples);
}

/**
 * How a batch is cut into ghost batches. As `torch.chunk` does: a full batch gives batchSize / ghostBatchSize ghost
 * batches, and a short last batch as many, smaller ones (848 images of 2048/128: 16 of 53).
 *
 * @returns the size of each ghost batch.
 */
export function ghostBatches(count: number, batchSize: number, ghostBatchSize: number | null): number[] {
  if (ghostBatchSize === null) return [count];
  const size = Math.ceil(count / Math.floor(batchSize / ghostBatchSize));
  const ghostBatchCount = Math.ceil(count / size);
  return Array.from({ length: ghostBatchCount }, (_, i) => Math.min(size, count - i * size));
}
