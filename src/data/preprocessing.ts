/** From bytes to a network's input: normalisation by table, random crops and flips, of images held in memory. */
import { at } from '../support/at.js';
import { fillWords, type Stream } from '../support/random.js';
import { checkRead, type ImageShape, type ImageSource, imageSize } from './source.js';

/** Mean and standard deviation of each channel, for pixels scaled to 0 … 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/** (x − 0.5) / 0.5, as in the authors' preprocess.py. */
export const MNIST_NORMALISATION: Normalisation = { mean: [0.5], standardDeviation: [0.5] };

/** ImageNet's statistics; the authors' preprocess.py uses them for CIFAR-10 and CIFAR-100 too. */
export const IMAGENET_NORMALISATION: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  standardDeviation: [0.229, 0.224, 0.225],
};

/** One table a channel: entry v is the normalised value of the byte v. */
export function normalisationTables({ mean, standardDeviation }: Normalisation): Float32Array[] {
  return mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - m) / at(standardDeviation, channel)),
  );
}

/** out[to + i] = table[keys[from + i]] for i in 0 … length−1; unrolled, because it runs on every pixel of an epoch. */
function lookUp<T extends Float32Array | Float64Array>(
  table: T,
  keys: Uint8Array | Uint16Array,
  from: number,
  out: T,
  to: number,
  length: number,
): void {
  const end = from + length;
  let source = from;
  let target = to;
  for (; source + 3 < end; source += 4, target += 4) {
    out[target] = table[keys[source]!]!;
    out[target + 1] = table[keys[source + 1]!]!;
    out[target + 2] = table[keys[source + 2]!]!;
    out[target + 3] = table[keys[source + 3]!]!;
  }
  for (; source < end; source++, target++) out[target] = table[keys[source]!]!;
}

/**
 * The table for two neighbouring bytes at once: entry v holds the two float32 values of the bytes that a 16-bit read of
 * them gives as v, in one float64 that is only ever copied. That halves the reads and writes of `lookUp`.
 */
function pairTable(table: Float32Array): Float64Array {
  const bytes = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, value) => value).buffer);
  return new Float64Array(Float32Array.from(bytes, (value) => at(table, value)).buffer);
}

/** The place of a crop's top-left corner, which may be outside of the image, and whether it is flipped. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly flip: boolean;
}

/**
 * A crop of image `index` in the data set's own order: its top-left corner is uniform on (0 … rows−1, 0 … columns−1), and it
 * is flipped with probability 1/2. The stream's words 4·index … 4·index+3 decide: row, column, flip, and one unused.
 */
export function randomCrop(stream: Stream, index: number, rows: number, columns: number): Crop {
  const words = fillWords(stream, new Uint32Array(4), 4 * index);
  const share = (i: number) => at(words, i) / 2 ** 32;
  return { top: Math.floor(share(0) * rows), left: Math.floor(share(1) * columns), flip: share(2) >= 0.5 };
}

/** CIFAR images are padded by 4 pixels of the constant 127 on each side before the crop (authors' preprocess.py:90). */
const PADDING = 4;
const PADDING_VALUE = 127;

function paddedCrop(stream: Stream, index: number): Crop {
  const { top, left, flip } = randomCrop(stream, index, 2 * PADDING + 1, 2 * PADDING + 1);
  return { top: top - PADDING, left: left - PADDING, flip };
}

/** One channel of an image: the byte of its row y and column x is bytes[from + step · (y · width + x)]. */
interface Plane {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly step: number;
  readonly height: number;
  readonly width: number;
}

/** A crop of a plane, flipped and normalised → out[to …] (height × width); outside of the plane there is padding. */
export function cropPlane(
  table: Float32Array,
  { bytes, from, step, ...plane }: Plane,
  { top, left, flip }: Crop,
  out: Float32Array,
  to: number,
  height: number,
  width: number,
): void {
  const padding = at(table, PADDING_VALUE);
  const firstColumn = Math.max(0, -left);
  const endColumn = Math.min(width, plane.width - left);
  const targetStep = flip ? -1 : 1;
  for (let y = 0; y < height; y++) {
    const row = to + y * width;
    const sourceY = y + top;
    if (sourceY < 0 || sourceY >= plane.height) {
      out.fill(padding, row, row + width);
      continue;
    }
    let source = from + step * (sourceY * plane.width + left + firstColumn);
    let target = flip ? row + width - 1 : row;
    let x = 0;
    for (; x < firstColumn; x++, target += targetStep) out[target] = padding;
    for (; x < endColumn; x++, source += step, target += targetStep) out[target] = table[bytes[source]!]!;
    for (; x < width; x++, target += targetStep) out[target] = padding;
  }
}

/** Images of one size held in memory as bytes: image i starts at `start + i · stride`, channel by channel. */
interface PackedImages {
  readonly name: string;
  readonly classes: number;
  readonly shape: ImageShape;
  readonly labels: Int32Array;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stride: number;
  readonly normalisation: Normalisation;
}

/** A source that normalises on reading; augmentation pads, crops and flips. */
export function packedSource(images: PackedImages): ImageSource {
  const { bytes, start, stride, normalisation, ...about } = images;
  const { channels, height, width } = about.shape;
  const plane = height * width;
  const size = imageSize(about.shape);
  const tables = normalisationTables(normalisation);
  const pairs = asPairs(images);
  // Made with the first read: most of the time that opening a small data set would take.
  let pairTables: Float64Array[] | undefined;
  const source: ImageSource = {
    ...about,
    count: about.labels.length,
    async read(indices, out, augmentation) {
      checkRead(source, indices, out);
      const inPairs = pairs && !augmentation && out.byteOffset % 8 === 0;
      const outPairs = inPairs && new Float64Array(out.buffer, out.byteOffset, out.length / 2);
      if (inPairs) pairTables ??= tables.map(pairTable);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        const crop = augmentation && paddedCrop(augmentation, index);
        for (let channel = 0; channel < channels; channel++) {
          const from = start + index * stride + channel * plane;
          const to = i * size + channel * plane;
          if (outPairs && pairTables) lookUp(pairTables[channel]!, pairs, from / 2, outPairs, to / 2, plane / 2);
          else if (crop)
            cropPlane(tables[channel]!, { bytes, from, step: 1, height, width }, crop, out, to, height, width);
          else lookUp(tables[channel]!, bytes, from, out, to, plane);
        }
      }
    },
  };
  return source;
}

/**
 * The bytes two by two, where every plane lies at an even address (MNIST's do; CIFAR's records are of odd length). F1
 * computes so little for a pixel that this shows: 60,000 MNIST images take 70 ms instead of 96.
 */
function asPairs({ bytes, start, stride, shape }: PackedImages): Uint16Array | undefined {
  const offsets = [bytes.byteOffset, bytes.length, start, stride, shape.height * shape.width];
  if (offsets.some((offset) => offset % 2 !== 0)) return undefined;
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
