/** CIFAR-10 and CIFAR-100, in the binary version. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { asReadError, isFile } from '../support/files.js';
import { locate, type Place } from './catalogue.js';
import { foreignKind, headOf } from './file-kind.js';
import { IMAGENET_NORMALISATION, packedSource } from './preprocessing.js';
import type { Dataset, ImageSource } from './source.js';

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
}

export const CIFAR10: CifarFormat = {
  dataset: 'cifar10',
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: 'test_batch.bin',
  labels: [10],
  python: ['cifar-10-batches-py', 'data_batch_1'],
};

/** Its records hold the superclass first. */
export const CIFAR100: CifarFormat = {
  dataset: 'cifar100',
  train: ['train.bin'],
  test: 'test.bin',
  labels: [20, 100],
  python: ['cifar-100-python', 'train'],
};

/**
 * CIFAR-10 or CIFAR-100 in the binary version. Counts are those of the files; the training files must be of one size.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT naming the file, the record and what was expected.
 */
export async function openCifar(format: CifarFormat, place: Place): Promise<Omit<Dataset, 'synthetic'>> {
  const { folder, paths } = await locate(
    place,
    [...format.train, format.test].map((name) => [name]),
  ).catch(async (error) => {
    throw (await pythonVersion(format, place)) ?? error;
  });
  const digests: Record<string, string> = {};
  const train = await openSplit(format, `${format.dataset} train`, paths.slice(0, -1), digests);
  const test = await openSplit(format, `${format.dataset} test`, paths.slice(-1), digests);
  return { name: format.dataset, directory: folder, digests, train, test };
}

/** What to say where only the python version is here: the same images as pickles, which can run code. */
async function pythonVersion({ python: [folder, file], train }: CifarFormat, { root, folders, hint }: Place) {
  for (const path of [...folders, folder].flatMap((each) => [join(root, each, file), join(root, each, folder, file)])) {
    if (!(await isFile(path, 'DATA_MISSING'))) continue;
    const what = `${path}: of the python version, whose pickles are not read; expected the binary version, ${train[0]}`;
    return new SmoothOutError('DATA_MISSING', what, { hint });
  }
  return undefined;
}

async function openSplit(
  { dataset, labels: ranges }: CifarFormat,
  name: string,
  files: readonly string[],
  digests: Record<string, string>,
): Promise<ImageSource> {
  const stride = ranges.length + PIXELS;
  const parts = await readWhole(files, async (size, file) => {
    if (size > 0 && size % stride === 0) return;
    const foreign = foreignKind(await headOf(file));
    if (foreign !== undefined) {
      throw new SmoothOutError(
        'DATA_CORRUPT',
        `${file}: this is ${foreign}; expected the binary version of ${dataset}`,
      );
    }
    const other = [CIFAR10, CIFAR100].find((o) => o.dataset !== dataset && size % (o.labels.length + PIXELS) === 0);
    const guess =
      size > 0 && other ? `is it of ${other.dataset}?` : `truncated, or not the binary version of ${dataset}?`;
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${file}: has ${size} bytes, expected a whole number of records of ${stride} bytes: ${guess}`,
    );
  });
  const counts = parts.map((part) => part.length / stride);
  counts.forEach((count, i) => {
    if (count === counts[0]) return;
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${files[i]}: has ${count} records and ${basename(files[0]!)} has ${counts[0]}, expected equal numbers: truncated?`,
    );
  });
  // The parts lie one after the other in memory, so that image i is found without knowing its file.
  const bytes = new Uint8Array(parts[0]!.buffer);
  const labels = new Int32Array(bytes.length / stride);
  for (let i = 0; i < labels.length; i++) {
    for (let k = 0; k < ranges.length; k++) {
      const label = bytes[i * stride + k]!;
      if (label < ranges[k]!) {
        labels[i] = label;
        continue;
      }
      const file = files[Math.floor(i / counts[0]!)];
      throw new SmoothOutError(
        'DATA_CORRUPT',
        `${file}: record ${i % counts[0]!} has label ${label}, expected 0 to ${ranges[k]! - 1}`,
      );
    }
  }
  parts.forEach((part, i) => {
    digests[basename(files[i]!)] = createHash('sha256').update(part).digest('hex');
  });
  return packedSource({
    name,
    classes: ranges.at(-1)!,
    shape: SHAPE,
    labels,
    bytes,
    start: ranges.length,
    stride,
    normalisation: IMAGENET_NORMALISATION,
  });
}

/** The files' contents, one after the other in one buffer; `checkSize` is asked about each before anything is read. */
async function readWhole(
  files: readonly string[],
  checkSize: (size: number, file: string) => Promise<void>,
): Promise<Uint8Array[]> {
  const handles: FileHandle[] = [];
  let file = files[0]!;
  try {
    const sizes: number[] = [];
    for (file of files) {
      const handle = await open(file);
      handles.push(handle);
      const { size } = await handle.stat();
      await checkSize(size, file);
      sizes.push(size);
    }
    const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
    const parts: Uint8Array[] = [];
    let offset = 0;
    for (let i = 0; i < files.length; i++) {
      file = files[i]!;
      const part = whole.subarray(offset, offset + sizes[i]!);
      for (let read = 0; read < part.length; ) {
        const { bytesRead } = await handles[i]!.read(part, read, part.length - read, read);
        if (bytesRead === 0) throw new SmoothOutError('DATA_CORRUPT', `${file}: became shorter while it was read`);
        read += bytesRead;
      }
      parts.push(part);
      offset += part.length;
    }
    return parts;
  } catch (error) {
    throw asReadError(error, file, 'DATA_MISSING');
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}
