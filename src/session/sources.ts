/** Which images a run trains on, which choose its best epoch, and which test it. */
import { holdoutSize, type RunSpec } from '../config/schema.js';
import { type Dataset, firstImages, holdOut, type ImageSource } from '../data/source.js';

export interface Sources {
  readonly train: ImageSource;
  readonly validation: ImageSource;
  /** The official test set: the validation set itself, or whole where held-out training images validate. */
  readonly test: ImageSource;
}

/** Held-out images are the same for every seed and method, so that their runs are compared on the same images. */
const HOLDOUT_SEED = 0;

export function chooseSources(spec: RunSpec, dataset: Dataset): Sources {
  const held = holdoutSize(spec.validation);
  const split = held === null ? undefined : holdOut(dataset.train, held, HOLDOUT_SEED);
  const limited = (source: ImageSource, limit: number | null) => (limit === null ? source : firstImages(source, limit));
  const validation = limited(split?.heldOut ?? dataset.test, spec.validationLimit);
  return {
    train: limited(split?.train ?? dataset.train, spec.trainLimit),
    validation,
    test: split === undefined ? validation : dataset.test,
  };
}
