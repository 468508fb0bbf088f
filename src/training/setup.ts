/** From a run's settings to what is trained and how. */
import type { RunSpec } from '../config/schema.js';
import type { ImageSource } from '../data/source.js';
import type { Layout } from '../nn/layout.js';
import { buildModel } from '../nn/model.js';
import { adam } from '../optim/adam.js';
import { momentum } from '../optim/momentum.js';
import { filterAdaptivePerturbation, type Perturbation, uniformPerturbation } from '../smoothout/perturbation.js';
import { SmoothOutError } from '../support/errors.js';
import type { Learner } from './programs.js';

export function buildLearner(spec: RunSpec, { classes, shape }: Pick<ImageSource, 'classes' | 'shape'>): Learner {
  const { model: name, dropout, hidden, optimizer, method } = spec;
  const options = { classes, inputShape: shape, ...(dropout !== null && { dropout }), ...(hidden && { hidden }) };
  const model = buildModel(name, options);
  return {
    model,
    optimizer: optimizer.name === 'adam' ? adam() : momentum(optimizer.momentum),
    gradient: { clipNorm: optimizer.clipNorm, weightDecay: optimizer.weightDecay },
    perturbation: perturbationOf(method.name, model.layout),
  };
}

function perturbationOf(method: RunSpec['method']['name'], layout: Layout): Perturbation | null {
  if (method === 'baseline') return null;
  return method === 'adasmoothout' ? filterAdaptivePerturbation(layout) : uniformPerturbation;
}

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
function leavesOneImage(images: number, { batchSize, ghostBatchSize }: RunSpec): boolean {
  const last = images % batchSize;
  const sizes = [batchSize, last].flatMap((count) => ghostBatches(count, batchSize, ghostBatchSize));
  return sizes.includes(1);
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
