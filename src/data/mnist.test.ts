import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { MNIST_FILES, parseIdx } from './mnist.js';
import { openDataset } from './open.js';
import { expectError, idx, pixels, temporaryFolder, writeMnist } from './testing/fixtures.js';
import { realData } from './testing/real-data.js';

const ALL = [...MNIST_FILES.train, ...MNIST_FILES.test];
const [IMAGES, LABELS] = MNIST_FILES.train;
const data = await realData('mnist');

describe('MNIST files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await writeMnist();
  });
  const open = (directory = folder) => openDataset('mnist', { directory });
  const change = async (name: string, edit: (bytes: Buffer) => Buffer) =>
    writeFile(join(folder, name), edit(await readFile(join(folder, name))));
  const compress = async (name: string, edit: (bytes: Buffer) => Buffer = (bytes) => bytes) => {
    await writeFile(join(folder, `${name}.gz`), edit(gzipSync(await readFile(join(folder, name)))));
    await rm(join(folder, name));
  };

  test('are read with the sizes that their headers say', async () => {
    const { train, test: held, ...about } = await open();
    expect(about).toMatchObject({ name: 'mnist', synthetic: false, directory: folder });
    expect(Object.keys(about.digests!)).toEqual(ALL);
    expect(train).toMatchObject({ count: 30, classes: 10, shape: { channels: 1, height: 28, width: 28 } });
    expect(held.count).toBe(20);
    expect([...held.labels]).toEqual(Array.from({ length: 20 }, (_, i) => i % 10));
    const out = new Float32Array(2 * 784);
    await train.read(Uint32Array.of(29, 3), out);
    // Byte v becomes (v/255 − 0.5) / 0.5; pixel k of image i is (i + k) mod 256.
    for (const k of [0, 1, 300, 783]) {
      expect(out[k]).toBeCloseTo((((29 + k) % 256) / 255 - 0.5) / 0.5, 6);
      expect(out[784 + k]).toBeCloseTo((((3 + k) % 256) / 255 - 0.5) / 0.5, 6);
    }
  });

  test.each([
    ['mnist', (name: string) => name],
    ['MNIST/raw', (name: string) => name],
    ['mnist', (name: string) => name.replace('-idx', '.idx')],
  ])('are found in %s as %s', async (below, spelling) => {
    const root = await temporaryFolder();
    await mkdir(join(root, below), { recursive: true });
    for (const name of ALL) await rename(join(folder, name), join(root, below, spelling(name)));
    expect((await open(root)).directory).toBe(join(root, below));
  });

  test('may be gzipped, each by itself, and are the same data', async () => {
    const plain = await open();
    await compress(IMAGES);
    await compress(MNIST_FILES.test[1]);
    expect((await open()).digests).toEqual(plain.digests);
  });

  test('one missing file is named', async () => {
    await rm(join(folder, LABELS));
    await expectError(open(), 'DATA_MISSING', LABELS, `is missing from ${folder}`);
  });

  test('an image file and a label file in each other’s place', async () => {
    await rename(join(folder, IMAGES), join(folder, 'other'));
    await rename(join(folder, LABELS), join(folder, IMAGES));
    await rename(join(folder, 'other'), join(folder, LABELS));
    await expectError(open(), 'DATA_CORRUPT', join(folder, IMAGES), 'a file of labels');
  });

  test('labels of another split', async () => {
    await writeFile(join(folder, LABELS), await readFile(join(folder, MNIST_FILES.test[1])));
    await expectError(open(), 'DATA_CORRUPT', join(folder, LABELS), 'has 20 labels, expected 30', IMAGES);
  });

  test('a label out of range', async () => {
    await change(LABELS, (bytes) => {
      bytes[8 + 17] = 10;
      return bytes;
    });
    await expectError(open(), 'DATA_CORRUPT', join(folder, LABELS), 'label 17 is 10, expected 0 to 9');
  });

  test('images of another size', async () => {
    await writeFile(join(folder, IMAGES), idx([30, 32, 32], pixels(30, 1024)));
    await expectError(open(), 'DATA_CORRUPT', join(folder, IMAGES), 'are 32×32, expected 28×28');
  });

  test('a truncated file', async () => {
    await change(IMAGES, (bytes) => bytes.subarray(0, 5000));
    await expectError(open(), 'DATA_CORRUPT', join(folder, IMAGES), 'has 5000 bytes', 'truncated');
  });

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 20), 'unexpected end of file'],
    ['with a flipped bit', (bytes) => flip(bytes, bytes.length - 6), 'incorrect data check'],
    ['with something appended', (bytes) => Buffer.concat([bytes, Buffer.from('more')]), 'incorrect header check'],
    ['that is none', () => Buffer.from('<html>not found</html>'), 'this is a web page'],
    [
      'of a header that asks for gigabytes',
      () => gzipSync(idx([1e6, 1024, 1024], new Uint8Array(1e6))),
      'images are 1024×1024, expected 28×28',
    ],
    [
      'of 100 MB of zeros',
      () => gzipSync(Buffer.concat([idx([30, 28, 28], new Uint8Array()), Buffer.alloc(1e8)])),
      'holds more bytes than its header says',
    ],
  ])('gzip data %s', async (_, edit, message) => {
    await compress(IMAGES, edit);
    await expectError(open(), 'DATA_CORRUPT', join(folder, `${IMAGES}.gz`), message);
  });

  test('a folder in the place of a file', async () => {
    await rm(join(folder, LABELS));
    await mkdir(join(folder, LABELS));
    await expectError(open(), 'DATA_MISSING', join(folder, LABELS), 'it is a folder, expected a file');
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0x10;
  return bytes;
}

test.skipIf(data === undefined)('the real MNIST', async () => {
  const { train, test: held } = await openDataset('mnist', { directory: data });
  expect([train.count, held.count]).toEqual([60_000, 10_000]);
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  const all = new Float32Array(60_000 * 784);
  await train.read(
    Uint32Array.from({ length: 60_000 }, (_, i) => i),
    all,
  );
  // The well-known statistics of MNIST's pixels, 0.1307 and 0.3081, seen through (x − 0.5) / 0.5.
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  expect(mean / 2 + 0.5).toBeCloseTo(0.1307, 4);
  expect(Math.sqrt(variance) / 2).toBeCloseTo(0.3081, 4);
});

describe('parseIdx', () => {
  test('gives dimensions and bytes', () => {
    const bytes = pixels(2, 784);
    const { dimensions, data } = parseIdx(idx([2, 28, 28], bytes), 'f', 3);
    expect(dimensions).toEqual([2, 28, 28]);
    expect([...data]).toEqual([...bytes]);
  });

  test.each([
    ['an empty file', Buffer.alloc(0), 'has 0 bytes, expected an IDX header of 16'],
    ['half a header', idx([2, 28, 28], new Uint8Array()).subarray(0, 9), 'has 9 bytes, expected an IDX header of 16'],
    [
      'labels for images',
      idx([100], new Uint8Array(100)),
      'starts with 0x00000801 (a file of labels), expected 0x00000803',
    ],
    ['another element type', Buffer.from([0, 0, 0x0d, 3, ...new Uint8Array(20)]), 'starts with 0x00000d03, expected'],
    ['no images', idx([0, 28, 28], new Uint8Array()), 'its header says 0×28×28, expected 1 to 1000000 in place 1'],
    [
      'an absurd count',
      idx([0xffffffff, 28, 28], new Uint8Array()),
      'its header says 4294967295×28×28, expected 1 to 1000000 in place 1',
    ],
    ['an absurd side', idx([1, 28, 65536], new Uint8Array()), 'images are 28×65536, expected 28×28'],
    [
      'one byte too few',
      idx([2, 28, 28], new Uint8Array(1567)),
      'has 1583 bytes, expected 1584 for 2×28×28 (its header): truncated',
    ],
    [
      'one byte too many',
      idx([2, 28, 28], new Uint8Array(1569)),
      'has 1585 bytes, expected 1584 for 2×28×28 (its header): bytes after',
    ],
  ])('refuses %s', (_, bytes, message) => {
    const read = () => parseIdx(bytes, '/data/images', 3);
    expect(read).toThrow(SmoothOutError);
    expect(read).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(read).toThrow(`/data/images: ${message}`);
  });
});
