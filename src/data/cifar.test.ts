import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CIFAR10 } from './cifar.js';
import { openDataset } from './open.js';
import type { ImageSource } from './source.js';
import { cifarRecords, expectError, temporaryFolder, writeCifar } from './testing/fixtures.js';
import { realData } from './testing/real-data.js';

const cifar10 = await realData('cifar10');
const cifar100 = await realData('cifar100');
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

describe('CIFAR-10 files', () => {
  test('are one training set in the order of their numbers, normalised a channel at a time', async () => {
    const folder = await writeCifar('cifar10');
    await writeFile(
      join(folder, 'data_batch_4.bin'),
      cifarRecords(6, (i) => [9 - i]),
    );
    const { train, test: held, directory } = await openDataset('cifar10', { directory: folder });
    expect({ directory, train: train.count, held: held.count }).toEqual({ directory: folder, train: 30, held: 6 });
    expect([...train.labels.subarray(15, 21)]).toEqual([3, 4, 5, 9, 8, 7]);
    const out = new Float32Array(3072);
    await train.read(Uint32Array.of(19), out);
    for (const k of [0, 1023, 1024, 2047, 2048, 3071]) {
      const channel = Math.floor(k / 1024);
      expect(out[k]).toBeCloseTo((((1 + k) % 256) / 255 - MEAN[channel]!) / DEVIATION[channel]!, 5);
    }
  });

  test('are found in their official folder', async () => {
    const root = await temporaryFolder();
    await rename(await writeCifar('cifar10'), join(root, 'cifar-10-batches-bin'));
    expect((await openDataset('cifar10', { directory: root })).directory).toBe(join(root, 'cifar-10-batches-bin'));
  });

  test.each<[string, (folder: string) => Promise<unknown>, string, string]>([
    [
      'a missing batch',
      (folder) => rm(join(folder, 'data_batch_3.bin')),
      'DATA_MISSING',
      'data_batch_3.bin is missing',
    ],
    [
      'a batch cut within a record',
      (folder) => truncate(join(folder, 'data_batch_2.bin'), 10_000),
      'DATA_CORRUPT',
      'data_batch_2.bin: has 10000 bytes, expected a whole number of records of 3073 bytes: truncated',
    ],
    [
      'a batch cut between records',
      (folder) => truncate(join(folder, 'data_batch_5.bin'), 4 * 3073),
      'DATA_CORRUPT',
      'data_batch_5.bin: has 4 records and data_batch_1.bin has 6',
    ],
    [
      'an empty batch',
      (folder) => truncate(join(folder, 'test_batch.bin'), 0),
      'DATA_CORRUPT',
      'test_batch.bin: has 0 bytes',
    ],
    [
      'trailing bytes',
      (folder) => writeFile(join(folder, 'test_batch.bin'), 'x', { flag: 'a' }),
      'DATA_CORRUPT',
      'test_batch.bin: has 18439 bytes',
    ],
    [
      'a file of CIFAR-100',
      (folder) =>
        writeFile(
          join(folder, 'data_batch_1.bin'),
          cifarRecords(6, () => [1, 2]),
        ),
      'DATA_CORRUPT',
      'is it of cifar100?',
    ],
    [
      'a label out of range',
      (folder) =>
        writeFile(
          join(folder, 'data_batch_2.bin'),
          cifarRecords(6, (i) => [i === 4 ? 10 : 0]),
        ),
      'DATA_CORRUPT',
      'data_batch_2.bin: record 4 has label 10, expected 0 to 9',
    ],
    [
      'a folder for a file',
      async (folder) => {
        await rm(join(folder, 'test_batch.bin'));
        await mkdir(join(folder, 'test_batch.bin'));
      },
      'DATA_MISSING',
      'test_batch.bin',
    ],
  ])('refuse %s', async (_, spoil, code, message) => {
    const folder = await writeCifar('cifar10');
    await spoil(folder);
    await expectError(openDataset('cifar10', { directory: folder }), code as 'DATA_CORRUPT', folder, message);
  });
});

describe('CIFAR-100 files', () => {
  test('give the fine label', async () => {
    const { train } = await openDataset('cifar100', { directory: await writeCifar('cifar100') });
    expect(train).toMatchObject({ count: 12, classes: 100, shape: { channels: 3, height: 32, width: 32 } });
    expect([...train.labels]).toEqual(Array.from({ length: 12 }, (_, i) => (7 * i) % 100));
    const out = new Float32Array(3072);
    await train.read(Uint32Array.of(5), out);
    expect(out[0]).toBeCloseTo((5 / 255 - MEAN[0]!) / DEVIATION[0]!, 5);
  });

  test.each([
    ['fine', [3, 100], 'label 100, expected 0 to 99'],
    ['coarse', [20, 3], 'label 20, expected 0 to 19'],
  ])('refuse a %s label out of range', async (_, labels, message) => {
    const folder = await writeCifar('cifar100');
    await writeFile(
      join(folder, 'train.bin'),
      cifarRecords(3, (i) => (i === 1 ? labels : [0, 0])),
    );
    await expectError(
      openDataset('cifar100', { directory: folder }),
      'DATA_CORRUPT',
      join(folder, 'train.bin'),
      'record 1',
      message,
    );
  });
});

describe('the real data', () => {
  test.skipIf(cifar10 === undefined)('CIFAR-10 has its classes in equal numbers and its well-known mean', async () => {
    const { train, test: held, directory } = await openDataset('cifar10', { directory: cifar10 });
    expect(tally(train.labels, 10)).toEqual(Array(10).fill(5000));
    expect(tally(held.labels, 10)).toEqual(Array(10).fill(1000));
    // The first image is a frog.
    expect(train.labels[0]).toBe(6);
    const first = await readFile(join(directory, CIFAR10.train[0]!));
    const out = new Float32Array(3072);
    await train.read(Uint32Array.of(0), out);
    expect(out[2050]).toBeCloseTo((first[1 + 2050]! / 255 - MEAN[2]!) / DEVIATION[2]!, 5);
    expect(await channelMeans(train)).toEqual([0.4914, 0.4822, 0.4465]);
  });

  test.skipIf(cifar100 === undefined)('CIFAR-100 too', async () => {
    const { train, test: held } = await openDataset('cifar100', { directory: cifar100 });
    expect(tally(train.labels, 100)).toEqual(Array(100).fill(500));
    expect(tally(held.labels, 100)).toEqual(Array(100).fill(100));
    expect(await channelMeans(train)).toEqual([0.5071, 0.4865, 0.4409]);
  });
});

function tally(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

/** Mean of each channel before normalisation, to four places. */
async function channelMeans(source: ImageSource): Promise<number[]> {
  const sums = [0, 0, 0];
  const part = 5000;
  const out = new Float32Array(part * 3072);
  for (let start = 0; start < source.count; start += part) {
    await source.read(
      Uint32Array.from({ length: part }, (_, i) => start + i),
      out,
    );
    for (let i = 0; i < out.length; i++) sums[Math.floor(i / 1024) % 3]! += out[i]!;
  }
  return sums.map((sum, c) => Math.round(((sum / (source.count * 1024)) * DEVIATION[c]! + MEAN[c]!) * 1e4) / 1e4);
}
