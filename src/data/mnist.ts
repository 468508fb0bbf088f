import { createHash } from 'node:crypto';
import { SmoothOutError } from '../support/errors.js';
import { locate, type Place } from './directory.js';
import { parseIdx } from './idx.js';
import { readIdxFile } from './idx-file.js';
import { MNIST_NORMALISATION } from './normalisation.js';
import { packedSource } from './packed.js';
import type { Dataset, ImageSource } from './source.js';

const CLASSES = 10;
const SIDE = 28;

/** The four files, as images and labels of each split. */
export const MNIST_FILES = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;

/** The names a file may have: uncompressed, with the dot that some unpackers write, or as distributed. */
export function idxSpellings(name: string): string[] {
  const dotted = name.replace('-idx', '.idx');
  return [name, dotted, `${name}.gz`, `${dotted}.gz`];
}

/**
 * MNIST in IDX files, gzipped or plain.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT naming the file and what was expected.
 */
export async function openMnist(place: Place): Promise<Omit<Dataset, 'synthetic'>> {
  const names = [...MNIST_FILES.train, ...MNIST_FILES.test];
  const { folder, paths } = await locate(place, names.map(idxSpellings));
  const contents = await Promise.all(paths.map((path, i) => readIdxFile(path, i % 2 === 0 ? 3 : 1)));
  const digests = Object.fromEntries(
    names.map((name, i) => [name, createHash('sha256').update(contents[i]!).digest('hex')]),
  );
  const split = (name: string, first: number): ImageSource =>
    openSplit(name, [paths[first]!, contents[first]!], [paths[first + 1]!, contents[first + 1]!]);
  return { name: 'mnist', directory: folder, digests, train: split('mnist train', 0), test: split('mnist test', 2) };
}

function openSplit(
  name: string,
  [imageFile, imageBytes]: readonly [string, Uint8Array],
  [labelFile, labelBytes]: readonly [string, Uint8Array],
): ImageSource {
  const images = parseIdx(imageBytes, imageFile, 3);
  const labels = parseIdx(labelBytes, labelFile, 1);
  const [count, height, width] = images.dimensions as [number, number, number];
  if (height !== SIDE || width !== SIDE) {
    throw new SmoothOutError('DATA_CORRUPT', `${imageFile}: images are ${height}×${width}, expected ${SIDE}×${SIDE}`);
  }
  if (labels.data.length !== count) {
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${labelFile}: has ${labels.data.length} labels, expected ${count}, one for each image in ${imageFile}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${labelFile}: label ${wrong} is ${labels.data[wrong]}, expected 0 to ${CLASSES - 1}`,
    );
  }
  return packedSource({
    name,
    classes: CLASSES,
    shape: { channels: 1, height, width },
    labels: Int32Array.from(labels.data),
    bytes: images.data,
    start: 0,
    stride: height * width,
    normalisation: MNIST_NORMALISATION,
  });
}
