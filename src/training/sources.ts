/** The images a run trains on and those that choose its best epoch. */
import { holdoutSize, type RunSpec } from '../config/schema.js';
import { type Dataset, firstImages, holdOut, type ImageSource } from '../data/source.js';
import { SmoothOutError } from '../support/errors.js';
import { ghostBatches } from './ghost-batches.js';

export interface Sources {
  readonly train: ImageSource;
  readonly validation: ImageSource;
}

/** Held-out images are the same for every seed and method, so that their runs are compared on the same images. */
const HOLDOUT_SEED = 0;

/** @throws SmoothOutError CONFIG_INVALID where the images are fewer than a batch, or leave a batch of one. */
export function chooseSources(spec: RunSpec, dataset: Dataset): Sources {
  const held = holdoutSize(spec.validation);
  const split = held === null ? undefined : holdOut(dataset.train, held, HOLDOUT_SEED);
  const limited = (source: ImageSource, limit: number | null) => (limit === null ? source : firstImages(source, limit));
  const train = limited(split?.train ?? dataset.train, spec.trainLimit);
  const validation = limited(split?.heldOut ?? dataset.test, spec.validationLimit);
  if (spec.batchSize > train.count) {
    throw new SmoothOutError(
      'CONFIG_INVALID',
      `${spec.experiment}: batchSize ${spec.batchSize} is larger than the training set: ${train.name} has ${train.count} images`,
      { hint: `Choose a batchSize of at most ${train.count}, or more training images.` },
    );
  }
  if (leavesOneImage(train.count, spec)) {
    throw new SmoothOutError(
      'CONFIG_INVALID',
      `${spec.experiment}: ${train.count} training images leave a batch, or ghost batch, of one: nothing to normalise it by`,
      { hint: 'Choose another batchSize, ghostBatchSize or trainLimit.' },
    );
  }
  return { train, validation };
}

/** Whether batch normalisation would see a batch of one image, at the end of every epoch. */
function leavesOneImage(images: number, { batchSize, ghostBatchSize }: RunSpec): boolean {
  const last = images % batchSize;
  const sizes = [batchSize, last].flatMap((count) => ghostBatches(count, batchSize, ghostBatchSize));
  return sizes.includes(1);
}
