/** How long a run trains, and in which batches and ghost batches: its budget in epochs, updates or gradients, made one. */
import type { RunSpec } from '../config/schema.js';
import type { ImageSource } from '../data/source.js';
import { SmoothOutError } from '../support/errors.js';
import { evenSizes } from '../support/shape.js';

export type Plan = ReturnType<typeof planOf>;

/** @param evaluations gradients of a batch that an update of the method costs */
export function planOf(spec: RunSpec, images: number, evaluations: number) {
  const sizes = evenSizes(images, spec.batchSize);
  const updates = updatesOf(spec, sizes.length, evaluations);
  return {
    /** The last of them may end early. */
    epochs: Math.ceil(updates / sizes.length),
    updates,
    /** The sizes of the batches of an epoch, counted from 0. */
    sizes: (epoch: number) => sizes.slice(0, updates - epoch * sizes.length),
  };
}

function updatesOf({ budget, epochs }: RunSpec, anEpoch: number, evaluations: number): number {
  if (budget === null) return epochs * anEpoch;
  return 'updates' in budget ? budget.updates : Math.max(1, Math.floor(budget.gradients / evaluations));
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
  if (evenSizes(train.count, spec.batchSize).some((count) => passSizes(count, spec).includes(1))) {
    throw refused(
      `${train.count} training images leave a batch, or ghost batch, of one: nothing to normalise it by`,
      'Choose another batchSize, ghostBatchSize or trainLimit.',
    );
  }
}

/** The images of each pass over a batch: its ghost batches, of which LPF-SGD cuts each into as many parts as it has samples. */
export function passSizes(count: number, { method, batchSize, ghostBatchSize }: RunSpec): number[] {
  const samples = method.name === 'lpf-sgd' ? method.noise.samples : 1;
  const whole = ghostBatchSize ?? batchSize;
  return ghostBatches(count, batchSize, samples === 1 ? ghostBatchSize : whole / samples);
}

/**
 * The sizes of a batch's ghost batches, cut as `torch.chunk` does: a full batch gives batchSize / ghostBatchSize of them, and
 * a short last batch as many, smaller ones (848 images of 2048/128: 16 of 53).
 */
export function ghostBatches(count: number, batchSize: number, ghostBatchSize: number | null): number[] {
  if (ghostBatchSize === null) return [count];
  const size = Math.ceil(count / Math.floor(batchSize / ghostBatchSize));
  return evenSizes(count, size);
}
