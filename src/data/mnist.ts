/** MNIST, in the IDX format. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { at } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { messageOf, SmoothOutError } from '../support/errors.js';
import { codeOf } from '../support/files.js';
import { sizeOf } from '../support/shape.js';
import type { DatasetFormat, StandInSplit } from './datasets.js';
import { corrupt, type DataPlace, foreignKind, isGzip, reading } from './files.js';
import { drawDigit } from './generated/drawings.js';
import { type DataFile, listedFiles } from './listed-files.js';
import { MNIST_NORMALISATION, packedSource } from './preprocessing.js';
import type { ImageSource } from './source.js';

const CLASSES = 10;
const SIDE = 28;

/** The four files, as images and labels of each split. */
export const MNIST_FILES = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;

/**
 * The names a file may have: uncompressed, with the dot that some unpackers write, or as distributed; and each in a folder
 * of its own name, as Kaggle has them.
 */
function spellings(name: string): string[] {
  const dotted = name.replace('-idx', '.idx');
  return [name, dotted, `${name}.gz`, `${dotted}.gz`].flatMap((file) => [file, `${file}/${file}`]);
}

export const mnist: DatasetFormat = { ...listedFiles({ read, spellings }), draw };

/** MNIST in IDX files, gzipped or plain. */
async function read({ dataset }: DataPlace, files: readonly DataFile[]) {
  const contents = await Promise.all(files.map(({ path }, i) => readIdx(path, i % 2 === 0 ? 3 : 1)));
  const split = (of: string, first: number) =>
    openSplit(`${dataset} ${of}`, at(contents, first), at(contents, first + 1));
  return {
    digests: Object.fromEntries(files.map(({ name }, i) => [name, at(contents, i).digest])),
    train: split('train', 0),
    test: split('test', 2),
  };
}

function openSplit(name: string, images: IdxFile, labels: IdxFile): ImageSource {
  const [count] = images.dimensions;
  if (labels.data.length !== count) {
    const expected = `expected ${count}, one for each image in ${images.file}`;
    throw corrupt(`${labels.file}: has ${labels.data.length} labels, ${expected}`);
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0)
    throw corrupt(`${labels.file}: label ${wrong} is ${labels.data[wrong]}, expected 0 to ${CLASSES - 1}`);
  return packedSource({
    name,
    classes: CLASSES,
    shape: { channels: 1, height: SIDE, width: SIDE },
    labels: Int32Array.from(labels.data),
    bytes: images.data,
    start: 0,
    stride: SIDE ** 2,
    normalisation: MNIST_NORMALISATION,
  });
}

/** A file in the IDX format of MNIST: big-endian header, then unsigned bytes. */
interface IdxFile {
  readonly file: string;
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
  /** SHA-256 of all its bytes, uncompressed. */
  readonly digest: string;
}

/** @throws SmoothOutError DATA_MISSING: unreadable; DATA_CORRUPT: damaged gzip data; as `parseIdx`. */
async function readIdx(file: string, rank: number): Promise<IdxFile> {
  const stored = await reading(file, readFile(file));
  const bytes = isGzip(stored) ? await unpack(stored, file, rank) : stored;
  return { file, ...parseIdx(bytes, file, rank), digest: sha256(bytes) };
}

/** Compressed bytes that surely hold an IDX header, and too few to hold a large output. */
const HEAD = 4096;

/**
 * A compressed file is known by its first bytes, whatever its name says: browsers unpack. It takes never more memory than its
 * header asks for and the checks of that allow, whatever the compressed data claims.
 */
async function unpack(stored: Buffer, file: string, rank: number): Promise<Uint8Array> {
  try {
    const head = gunzipSync(stored.subarray(0, HEAD), { finishFlush: constants.Z_SYNC_FLUSH });
    const maxOutputLength = idxSize(parseIdxHeader(head, file, rank));
    return await promisify<Buffer, object, Buffer>(gunzip)(stored, { maxOutputLength });
  } catch (cause) {
    if (cause instanceof SmoothOutError) throw cause;
    const isLarger = codeOf(cause) === 'ERR_BUFFER_TOO_LARGE';
    const how = isLarger ? 'holds more bytes than its header says' : `not intact gzip: ${messageOf(cause)}`;
    throw damaged(`${file}: ${how}`, cause);
  }
}

/** More than any published variant of MNIST has: a larger count is a damaged header, not a reason to allocate. */
const MAX_COUNT = 1_000_000;

/** Bytes of the header of a file with so many dimensions, and of the whole file. */
const headerSize = (rank: number) => 4 + 4 * rank;
const idxSize = (dimensions: readonly number[]) => headerSize(dimensions.length) + sizeOf(dimensions);

/**
 * The dimensions in the header of an IDX file of unsigned bytes with `rank` dimensions.
 *
 * @throws SmoothOutError DATA_CORRUPT: too short, another magic number, no number of images of 28×28.
 */
function parseIdxHeader(bytes: Uint8Array, file: string, rank: number): number[] {
  const size = headerSize(rank);
  const foreign = foreignKind(bytes);
  if (foreign !== undefined) throw damaged(`${file}: this is ${foreign}; expected an IDX file`);
  if (bytes.length < size) {
    throw damaged(`${file}: has ${bytes.length} bytes, expected an IDX header of ${size}: truncated?`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const magic = view.getUint32(0);
  // 0x08 is "unsigned byte" in the IDX format; the last byte is the number of dimensions.
  const expected = 0x0800 | rank;
  if (magic !== expected) {
    const other = magic === 0x0801 ? ' (a file of labels)' : magic === 0x0803 ? ' (a file of images)' : '';
    throw damaged(
      `${file}: starts with ${hex(magic)}${other}, expected ${hex(expected)} (${rank}-dimensional IDX bytes)`,
    );
  }
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const [count = 0, ...sides] = dimensions;
  if (count < 1 || count > MAX_COUNT) {
    throw damaged(`${file}: its header says ${dimensions.join('×')}, expected 1 to ${MAX_COUNT} in place 1`);
  }
  if (sides.some((side) => side !== SIDE)) {
    throw corrupt(`${file}: images are ${sides.join('×')}, expected ${SIDE}×${SIDE}`);
  }
  return dimensions;
}

/** @throws SmoothOutError DATA_CORRUPT: as `parseIdxHeader`, or fewer or more bytes than the header says. */
export function parseIdx(bytes: Uint8Array, file: string, rank: number) {
  const dimensions = parseIdxHeader(bytes, file, rank);
  const expected = idxSize(dimensions);
  if (bytes.length !== expected) {
    const how = bytes.length < expected ? 'truncated' : 'bytes after the data';
    throw damaged(
      `${file}: has ${bytes.length} bytes, expected ${expected} for ${dimensions.join('×')} (its header): ${how}`,
    );
  }
  return { dimensions, data: bytes.subarray(headerSize(rank)) };
}

function damaged(message: string, cause?: unknown): SmoothOutError {
  return corrupt(message, {
    hint: 'Fetch or copy the file again; `smoothout data verify` checks it.',
    cause,
  });
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;

async function draw({ split, folder, count, images }: StandInSplit): Promise<void> {
  const pixels = new Uint8Array(count * SIDE ** 2);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  for await (const { image, numbers } of images) drawDigit(at(labels, image), numbers, pixels, image * SIDE ** 2);
  const [imageFile, labelFile] = MNIST_FILES[split];
  await writeFile(join(folder, imageFile), [idxHeader([count, SIDE, SIDE]), pixels]);
  await writeFile(join(folder, labelFile), [idxHeader([count]), labels]);
}

function idxHeader(dimensions: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(headerSize(dimensions.length)));
  header.setUint32(0, 0x0800 | dimensions.length);
  dimensions.forEach((length, i) => {
    header.setUint32(4 + 4 * i, length);
  });
  return new Uint8Array(header.buffer);
}
