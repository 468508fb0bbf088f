/** CIFAR-10 and CIFAR-100, in the binary version. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at, last } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { isFile } from '../support/files.js';
import type { DatasetFormat, StandInSplit } from './datasets.js';
import { corrupt, type DataPlace, foreignKind, missing, reading } from './files.js';
import { PATTERNS, paintObject } from './generated/drawings.js';
import { type DataFile, listedFiles } from './listed-files.js';
import { IMAGENET_NORMALISATION, packedSource } from './preprocessing.js';
import type { ImageSource } from './source.js';

const SHAPE = { channels: 3, height: 32, width: 32 } as const;
const PIXELS = 3 * 32 * 32;

/** The binary version: records of one label byte or two (the last is the class), then red, green and blue planes. */
export interface CifarFormat {
  readonly dataset: 'cifar10' | 'cifar100';
  readonly train: readonly string[];
  readonly test: string;
  /** The number of values that each label byte may have. */
  readonly labels: readonly number[];
  /** Where the python version has its training images. */
  readonly python: readonly [folder: string, file: string];
  /** What the stand-in's image of a class shows, by the numbers of drawings.ts. */
  picture(label: number, image: number): readonly [shape: number, pattern: number];
}

export const CIFAR10: CifarFormat = {
  dataset: 'cifar10',
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: 'test_batch.bin',
  labels: [10],
  python: ['cifar-10-batches-py', 'data_batch_1'],
  // The class is the shape, in any pattern.
  picture: (label, image) => [label, Math.floor(image / 10) % PATTERNS.length],
};

/** Its records hold the superclass first. */
export const CIFAR100: CifarFormat = {
  dataset: 'cifar100',
  train: ['train.bin'],
  test: 'test.bin',
  labels: [20, 100],
  python: ['cifar-100-python', 'train'],
  picture: (label) => [Math.floor(label / PATTERNS.length), label % PATTERNS.length],
};

const cifar = (format: CifarFormat): DatasetFormat => ({
  ...listedFiles({
    read: (place, files) => read(format, place, files),
    mistaken: (place) => pythonVersion(format, place),
  }),
  draw: (split) => draw(format, split),
});
export const cifar10 = cifar(CIFAR10);
export const cifar100 = cifar(CIFAR100);

async function read(format: CifarFormat, { dataset }: DataPlace, files: readonly DataFile[]) {
  const digests: Record<string, string> = {};
  const train = await openSplit(format, `${dataset} train`, files.slice(0, -1), digests);
  const test = await openSplit(format, `${dataset} test`, files.slice(-1), digests);
  return { digests, train, test };
}

/** What to say where only the python version is here: the same images as pickles, which can run code. */
async function pythonVersion({ python: [folder, file], train }: CifarFormat, { root, folders, hint }: DataPlace) {
  for (const path of [...folders, folder].flatMap((each) => [join(root, each, file), join(root, each, folder, file)])) {
    if (!(await isFile(path, 'DATA_MISSING'))) continue;
    const what = `${path}: of the python version, whose pickles are not read; expected the binary version, ${train[0]}`;
    return missing(what, { hint });
  }
  return undefined;
}

/** Counts are those of the files, which must be of one size. */
async function openSplit(
  format: CifarFormat,
  name: string,
  files: readonly DataFile[],
  digests: Record<string, string>,
): Promise<ImageSource> {
  const stride = strideOf(format);
  const contents: Uint8Array[] = [];
  for (const { name, path } of files) {
    const bytes = await reading(path, readFile(path));
    checkRecords(format, path, bytes);
    const [count, expected] = [bytes, contents[0] ?? bytes].map(({ length }) => length / stride);
    if (count !== expected) {
      const other = `${at(files, 0).name} has ${expected}, expected equal numbers: truncated?`;
      throw corrupt(`${path}: has ${count} records and ${other}`);
    }
    digests[name] = sha256(bytes);
    contents.push(bytes);
  }
  const bytes = Buffer.concat(contents);
  const start = format.labels.length;
  return packedSource({
    name,
    classes: last(format.labels),
    shape: SHAPE,
    labels: Int32Array.from({ length: bytes.length / stride }, (_, i) => at(bytes, i * stride + start - 1)),
    ...{ bytes, start, stride },
    normalisation: IMAGENET_NORMALISATION,
  });
}

/** Bytes of a record. */
const strideOf = ({ labels }: CifarFormat) => labels.length + PIXELS;

/** @throws SmoothOutError DATA_CORRUPT unless a file is of whole records, with labels that there are. */
function checkRecords(format: CifarFormat, file: string, bytes: Uint8Array): void {
  const { dataset, labels: ranges } = format;
  const size = bytes.length;
  const stride = strideOf(format);
  if (size === 0 || size % stride !== 0) {
    const foreign = foreignKind(bytes);
    if (foreign !== undefined) throw corrupt(`${file}: this is ${foreign}; expected the binary version of ${dataset}`);
    const other = [CIFAR10, CIFAR100].find((each) => size > 0 && size % strideOf(each) === 0);
    const guess = other ? `is it of ${other.dataset}?` : `truncated, or not the binary version of ${dataset}?`;
    throw corrupt(`${file}: has ${size} bytes, expected a whole number of records of ${stride} bytes: ${guess}`);
  }
  for (let i = 0; i < size / stride; i++) {
    for (const [k, range] of ranges.entries()) {
      const label = at(bytes, i * stride + k);
      if (label >= range) throw corrupt(`${file}: record ${i} has label ${label}, expected 0 to ${range - 1}`);
    }
  }
}

async function draw(format: CifarFormat, { split, folder, count, images }: StandInSplit): Promise<void> {
  const files = split === 'train' ? format.train : [format.test];
  const perFile = count / files.length;
  const labelBytes = format.labels.length;
  const stride = strideOf(format);
  const bytes = new Uint8Array(count * stride);
  for await (const { image, numbers } of images) {
    const label = image % last(format.labels);
    const start = image * stride + labelBytes;
    // Five classes of CIFAR-100 are a superclass.
    if (labelBytes === 2) bytes[start - 2] = Math.floor(label / 5);
    bytes[start - 1] = label;
    const [shape, pattern] = format.picture(label, image);
    paintObject(shape, pattern, numbers, SHAPE.height, SHAPE.width, bytes, start);
  }
  for (const [part, file] of files.entries()) {
    await writeFile(join(folder, file), bytes.subarray(part * perFile * stride, (part + 1) * perFile * stride));
  }
}
