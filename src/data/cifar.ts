/** CIFAR-10 and CIFAR-100, in the binary version. */
import { open, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { at, last } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { isFile } from '../support/files.js';
import type { DatasetFormat, StandInSplit } from './datasets.js';
import { corrupt, type DataPlace, foreignKind, headOf, locateFiles, missing, reading } from './files.js';
import { PATTERNS, paintObject } from './generated/drawings.js';
import { listedFiles } from './listed-files.js';
import { IMAGENET_NORMALISATION, packedSource } from './preprocessing.js';
import type { DatasetFiles, ImageSource } from './source.js';

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
  ...listedFiles((place) => read(format, place)),
  draw: (split) => draw(format, split),
});
export const cifar10 = cifar(CIFAR10);
export const cifar100 = cifar(CIFAR100);

/** Counts are those of the files; the training files must be of one size. */
async function read(format: CifarFormat, place: DataPlace): Promise<DatasetFiles> {
  const { folder, paths } = await locateFiles(
    place,
    [...format.train, format.test].map((name) => [name]),
  ).catch(async (error) => {
    throw (await pythonVersion(format, place)) ?? error;
  });
  const digests: Record<string, string> = {};
  const train = await openSplit(format, `${format.dataset} train`, paths.slice(0, -1), digests);
  const test = await openSplit(format, `${format.dataset} test`, paths.slice(-1), digests);
  return { directory: folder, digests, train, test };
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

async function openSplit(
  format: CifarFormat,
  name: string,
  files: readonly string[],
  digests: Record<string, string>,
): Promise<ImageSource> {
  const ranges = format.labels;
  const stride = ranges.length + PIXELS;
  const sizes: number[] = [];
  for (const file of files) sizes.push(await reading(file, checkedSize(file, format, stride)));
  const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const labels = new Int32Array(whole.length / stride);
  let image = 0;
  for (const [part, file] of files.entries()) {
    const bytes = whole.subarray(image * stride, image * stride + at(sizes, part));
    await reading(file, fill(bytes, file));
    const [count, expected] = [bytes.length / stride, at(sizes, 0) / stride];
    if (count !== expected) {
      const other = `${basename(at(files, 0))} has ${expected}, expected equal numbers: truncated?`;
      throw corrupt(`${file}: has ${count} records and ${other}`);
    }
    for (let i = 0; i < count; i++, image++) {
      for (const [k, range] of ranges.entries()) {
        const label = at(bytes, i * stride + k);
        labels[image] = label;
        if (label >= range) throw corrupt(`${file}: record ${i} has label ${label}, expected 0 to ${range - 1}`);
      }
    }
    digests[basename(file)] = sha256(bytes);
  }
  return packedSource({
    name,
    classes: last(ranges),
    shape: SHAPE,
    labels,
    bytes: whole,
    start: ranges.length,
    stride,
    normalisation: IMAGENET_NORMALISATION,
  });
}

/** The size of a file, which must be that of whole records. */
async function checkedSize(file: string, { dataset }: CifarFormat, stride: number): Promise<number> {
  const { size } = await stat(file);
  if (size > 0 && size % stride === 0) return size;
  const foreign = foreignKind(await headOf(file));
  if (foreign !== undefined) throw corrupt(`${file}: this is ${foreign}; expected the binary version of ${dataset}`);
  const other = [CIFAR10, CIFAR100].find((o) => o.dataset !== dataset && size % (o.labels.length + PIXELS) === 0);
  const guess =
    size > 0 && other ? `is it of ${other.dataset}?` : `truncated, or not the binary version of ${dataset}?`;
  throw corrupt(`${file}: has ${size} bytes, expected a whole number of records of ${stride} bytes: ${guess}`);
}

/** Reads a file of this size, where it belongs in memory. */
async function fill(bytes: Uint8Array, file: string): Promise<void> {
  const handle = await open(file);
  try {
    for (let read = 0; read < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, read, bytes.length - read, read);
      if (bytesRead === 0) throw corrupt(`${file}: became shorter while it was read`);
      read += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function draw(format: CifarFormat, { split, folder, count, numbers, drawn }: StandInSplit): Promise<void> {
  const files = split === 'train' ? format.train : [format.test];
  const perFile = count / files.length;
  const labelBytes = format.labels.length;
  const classes = last(format.labels);
  const stride = labelBytes + PIXELS;
  for (const [part, file] of files.entries()) {
    const bytes = new Uint8Array(perFile * stride);
    for (let i = 0; i < perFile; i++) {
      const image = part * perFile + i;
      const label = image % classes;
      const start = i * stride + labelBytes;
      // Five classes of CIFAR-100 are a superclass.
      if (labelBytes === 2) bytes[start - 2] = Math.floor(label / 5);
      bytes[start - 1] = label;
      const [shape, pattern] = format.picture(label, image);
      paintObject(shape, pattern, numbers(image), SHAPE.height, SHAPE.width, bytes, start);
      await drawn();
    }
    await writeFile(join(folder, file), bytes);
  }
}
