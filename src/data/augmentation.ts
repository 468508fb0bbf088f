import { fillWords, type Stream } from '../support/random.js';

/** The four 32-bit words that augment one image: crop row, crop column, flip, and one unused. */
export type AugmentationWords = Uint32Array;

/** The words of image `index` in the data set's own order (words 4·index … 4·index+3 of the stream). */
export function augmentationWords(stream: Stream, index: number, words: Uint32Array): AugmentationWords {
  return fillWords(stream, words, 4 * index);
}

export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly flip: boolean;
}

/** A crop whose top-left corner is uniform on (0 … rows−1, 0 … columns−1), flipped with probability 1/2. */
export function randomCrop(words: AugmentationWords, rows: number, columns: number): Crop {
  return {
    top: Math.floor((words[0]! * rows) / 2 ** 32),
    left: Math.floor((words[1]! * columns) / 2 ** 32),
    flip: words[2]! >= 2 ** 31,
  };
}

/** CIFAR images are padded by 4 pixels of the constant 127 on each side before the crop (authors' preprocess.py:90). */
const PADDING = 4;
const PADDING_VALUE = 127;

/** Corners to choose from along one side. */
export const PADDED_CROP_POSITIONS = 2 * PADDING + 1;

/**
 * One channel of a padded, cropped, flipped and normalised image of the same size:
 * bytes[from …] (height × width) → out[to …].
 */
export function cropPaddedPlane(
  table: Float32Array,
  bytes: Uint8Array,
  from: number,
  height: number,
  width: number,
  { top, left, flip }: Crop,
  out: Float32Array,
  to: number,
): void {
  const padding = table[PADDING_VALUE]!;
  const shiftY = top - PADDING;
  const shiftX = left - PADDING;
  const firstColumn = Math.max(0, -shiftX);
  const endColumn = Math.min(width, width - shiftX);
  const step = flip ? -1 : 1;
  for (let y = 0; y < height; y++) {
    const row = to + y * width;
    const sourceY = y + shiftY;
    if (sourceY < 0 || sourceY >= height) {
      out.fill(padding, row, row + width);
      continue;
    }
    const source = from + sourceY * width + shiftX;
    let target = flip ? row + width - 1 : row;
    let x = 0;
    for (; x < firstColumn; x++, target += step) out[target] = padding;
    for (; x < endColumn; x++, target += step) out[target] = table[bytes[source + x]!]!;
    for (; x < width; x++, target += step) out[target] = padding;
  }
}
