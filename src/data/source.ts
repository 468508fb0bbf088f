import type { Stream } from '../support/random.js';
import type { DatasetName } from './catalogue.js';
import type { ImageShape } from './shape.js';

export type { DatasetName } from './catalogue.js';
export { openDataset } from './open.js';
export type { ImageShape } from './shape.js';
export { firstImages, holdOut } from './subset.js';

/** One split of a data set. */
export interface ImageSource {
  /** 'mnist train', …: for messages. */
  readonly name: string;
  readonly count: number;
  readonly classes: number;
  readonly shape: ImageShape;
  /** [count], each in 0 … classes−1. */
  readonly labels: Int32Array;
  /**
   * Writes the normalised images at `indices` into `out`, as float32 [indices.length, channels, height, width].
   *
   * With `augmentation` (a stream whose epoch is set), image i is cropped and flipped by words 4i … 4i+3 of that
   * stream: its augmentation depends on (seed, epoch, i) alone, never on the batch or the subset it is read through.
   *
   * @throws SmoothOutError DATA_CORRUPT naming an image file that does not decode; RangeError for a bad index or size.
   */
  read(indices: Uint32Array, out: Float32Array, augmentation?: Stream): Promise<void>;
}

export interface Dataset {
  readonly name: DatasetName;
  readonly train: ImageSource;
  /** The official test set; ImageNet's validation set. */
  readonly test: ImageSource;
  /** Generated stand-in rather than the official data. */
  readonly synthetic: boolean;
  /** The folder that the files were found in. */
  readonly directory: string;
  /** SHA-256 of each file's (uncompressed) content by its official name; absent for ImageNet. */
  readonly digests?: Readonly<Record<string, string>>;
}
