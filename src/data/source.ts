/** A data set and its splits; a split may be a part of another. */
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { permutation, type Stream } from '../support/random.js';
import type { AnyDataset } from './catalogue.js';

/** Which images an analysis is on. */
export type Split = 'train' | 'test';

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
  readonly name: AnyDataset;
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

/** What is read of a data set's files. */
export type DatasetFiles = Omit<Dataset, 'name' | 'synthetic'>;

export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Numbers in one image. */
export function imageSize({ channels, height, width }: ImageShape): number {
  return channels * height * width;
}

/** Throws RangeError unless `out` has room for exactly these images and every index exists. */
export function checkRead(source: ImageSource, indices: Uint32Array, out: Float32Array): void {
  const expected = indices.length * imageSize(source.shape);
  if (out.length !== expected) {
    throw new RangeError(
      `${source.name}: ${indices.length} images need ${expected} numbers, the buffer has ${out.length}`,
    );
  }
  for (const index of indices) {
    if (index >= source.count) throw new RangeError(`${source.name}: no image ${index}, there are ${source.count}`);
  }
}

/** The images at `indices` of `source`, in that order. They keep their augmentation. */
function subset(source: ImageSource, name: string, indices: Uint32Array): ImageSource {
  return {
    ...source,
    name,
    count: indices.length,
    labels: Int32Array.from(indices, (index) => at(source.labels, index)),
    async read(wanted, out, augmentation) {
      const inner = wanted.map((i) => {
        if (i >= indices.length) throw new RangeError(`${name}: no image ${i}, there are ${indices.length}`);
        return at(indices, i);
      });
      await source.read(inner, out, augmentation);
    },
  };
}

/** The first `count` images (`trainLimit`, `validationLimit`); the whole source where it has no more than that. */
export function firstImages(source: ImageSource, count: number): ImageSource {
  if (count >= source.count) return source;
  return imageRange(source, 0, count, `${source.name} (first ${count})`);
}

/** Images `from` … `to`−1 of the source. */
export function imageRange(
  source: ImageSource,
  from: number,
  to: number,
  name = `${source.name} (${from} to ${to - 1})`,
): ImageSource {
  const indices = Uint32Array.from({ length: to - from }, (_, i) => from + i);
  return subset(source, name, indices);
}

/**
 * Splits `count` images off for validation (`validation: holdout:N`), chosen at random with every class in proportion.
 * The split depends on (source, count, seed) alone; both parts keep the source's order.
 *
 * @throws SmoothOutError CONFIG_INVALID unless 1 ≤ count < source.count.
 */
export function holdOut(
  source: ImageSource,
  count: number,
  seed: number,
): { readonly train: ImageSource; readonly heldOut: ImageSource } {
  if (!Number.isInteger(count) || count < 1 || count >= source.count) {
    throw new SmoothOutError(
      'CONFIG_INVALID',
      `validation: holdout:${count} needs a whole number from 1 to ${source.count - 1}: ${source.name} has ${source.count} images`,
    );
  }
  const sizes = new Uint32Array(source.classes);
  for (const label of source.labels) sizes[label]!++;
  // An image's place within its own class, as a fraction of the class: the smallest `count` fractions take from every
  // class its share to within one image.
  const seen = new Uint32Array(source.classes);
  const order = permutation({ seed, purpose: 'holdout' }, source.count);
  const fractions = new Float64Array(source.count);
  for (const index of order) {
    const label = at(source.labels, index);
    fractions[index] = (seen[label]!++ + 0.5) / at(sizes, label);
  }
  // Array.prototype.sort is stable, so ties fall in the random order.
  const byFraction = Array.from(order).sort((a, b) => at(fractions, a) - at(fractions, b));
  const heldOut = new Set(byFraction.slice(0, count));
  const all = Uint32Array.from({ length: source.count }, (_, i) => i);
  const part = (what: string, isIn: (i: number) => boolean) =>
    subset(source, `${source.name} (${what})`, all.filter(isIn));
  return {
    train: part('without held-out', (i) => !heldOut.has(i)),
    heldOut: part('held out', (i) => heldOut.has(i)),
  };
}
