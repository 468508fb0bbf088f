import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DATASETS } from '../datasets.js';
import { openDataset } from '../open.js';
import { type Dataset, type ImageSource, imageSize } from '../source.js';
import { expectError, temporaryFolder } from '../testing/fixtures.js';
import { ensureGenerated, findGenerated, generatedFolder } from './stand-ins.js';

let root: string;
beforeAll(async () => {
  root = await temporaryFolder();
});

async function firstOf(source: ImageSource, count: number): Promise<Float32Array[]> {
  const size = imageSize(source.shape);
  const out = new Float32Array(count * size);
  await source.read(
    Uint32Array.from({ length: count }, (_, i) => i),
    out,
  );
  return Array.from({ length: count }, (_, i) => out.subarray(i * size, (i + 1) * size));
}

/** Percent of the first test images whose nearest training image is of their class. */
async function nearestNeighbourAccuracy({ train, test: held }: Dataset, trainCount: number, testCount: number) {
  const known = await firstOf(train, trainCount);
  const asked = await firstOf(held, testCount);
  let correct = 0;
  for (const [i, image] of asked.entries()) {
    let best = Number.POSITIVE_INFINITY;
    let label = -1;
    for (const [k, other] of known.entries()) {
      let distance = 0;
      for (let p = 0; p < image.length && distance < best; p++) distance += (image[p]! - other[p]!) ** 2;
      if (distance < best) [best, label] = [distance, train.labels[k]!];
    }
    if (label === held.labels[i]) correct++;
  }
  return (100 * correct) / testCount;
}

describe.each([
  ['mnist', 10],
  ['cifar10', 10],
  ['cifar100', 100],
  ['imagenet', 20],
] as const)('the stand-in for %s', (name, classes) => {
  test('is read by the official reader, with every class in equal numbers', async () => {
    const dataset = await openDataset(name, { directory: root, synthetic: true });
    const counts = DATASETS[name].standIn;
    for (const [split, source] of [
      ['train', dataset.train],
      ['test', dataset.test],
    ] as const) {
      expect([source.count, source.classes]).toEqual([counts[split], classes]);
      const tally = new Array<number>(classes).fill(0);
      for (const label of source.labels) tally[label]!++;
      expect(tally).toEqual(Array(classes).fill(counts[split] / classes));
    }
  });

  test('no two images are alike, and none is blank', async () => {
    const { train, test: held } = await openDataset(name, { directory: root, synthetic: true });
    const images = [...(await firstOf(train, 60)), ...(await firstOf(held, 60))];
    expect(new Set(images.map((image) => Buffer.from(image.slice().buffer).toString('base64'))).size).toBe(120);
    for (const image of images) {
      const [low, high] = image.reduce(([l, h], v) => [Math.min(l!, v), Math.max(h!, v)], [0, 0]);
      expect(high! - low!).toBeGreaterThan(0.5);
    }
  });
});

test('digits can be recognised, and not all of them easily', async () => {
  const accuracy = await nearestNeighbourAccuracy(
    await openDataset('mnist', { directory: root, synthetic: true }),
    2000,
    300,
  );
  expect(accuracy).toBeGreaterThan(60);
  expect(accuracy).toBeLessThan(97);
});

test('objects cannot be told by comparing pixels', async () => {
  const accuracy = await nearestNeighbourAccuracy(
    await openDataset('cifar10', { directory: root, synthetic: true }),
    1000,
    200,
  );
  expect(accuracy).toBeLessThan(40);
});

async function digests(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name)).catch(() => Buffer.alloc(0))));
  return names.map((name, i) => `${name} ${createHash('sha256').update(contents[i]!).digest('hex')}`);
}

describe('a stand-in', () => {
  test('is the same bytes every time, and made once', async () => {
    const [a, b] = [await temporaryFolder(), await temporaryFolder()];
    expect(await findGenerated(a, 'mnist')).toBeNull();
    expect(await ensureGenerated(a, 'mnist')).toMatchObject({ folder: generatedFolder(a, 'mnist'), made: true });
    expect(await findGenerated(a, 'mnist')).toBe(generatedFolder(a, 'mnist'));
    await ensureGenerated(b, 'mnist');
    expect(await digests(generatedFolder(a, 'mnist'))).toEqual(await digests(generatedFolder(b, 'mnist')));
    expect((await ensureGenerated(a, 'mnist')).made).toBe(false);
    expect((await ensureGenerated(a, 'mnist', { force: true })).made).toBe(true);
    expect(await digests(generatedFolder(a, 'mnist'))).toEqual(await digests(generatedFolder(b, 'mnist')));
    expect(await readdir(join(a, 'generated'))).toEqual(['mnist']);
  });

  test('may be made by several at once', async () => {
    const root = await temporaryFolder();
    const made = await Promise.all(Array.from({ length: 4 }, () => ensureGenerated(root, 'mnist')));
    expect(made.map(({ folder }) => folder)).toEqual(Array(4).fill(generatedFolder(root, 'mnist')));
    expect((await openDataset('mnist', { directory: root, synthetic: true })).train.count).toBe(12_000);
    expect(await readdir(join(root, 'generated'))).toEqual(['mnist']);
  });

  test('of another version, or half of one, is replaced', async () => {
    const root = await temporaryFolder();
    const folder = generatedFolder(root, 'mnist');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'generated.json'), '{"dataset":"mnist","generator":0}\n');
    await writeFile(join(folder, 'train-images-idx3-ubyte'), 'old');
    expect((await ensureGenerated(root, 'mnist')).made).toBe(true);
    expect((await openDataset('mnist', { directory: root, synthetic: true })).train.count).toBe(12_000);
    expect(await readdir(join(root, 'generated'))).toEqual(['mnist']);
  });

  test('takes away what killed processes left of it', async () => {
    const root = await temporaryFolder();
    for (const name of ['.mnist.0123456789ab.tmp', '.cifar10.0123456789ab.tmp']) {
      await mkdir(join(root, 'generated', name), { recursive: true });
      await writeFile(join(root, 'generated', name, 'half'), '');
    }
    await ensureGenerated(root, 'mnist');
    expect((await readdir(join(root, 'generated'))).sort()).toEqual(['.cifar10.0123456789ab.tmp', 'mnist']);
  });

  test('that has changed is found, and named', async () => {
    const root = await temporaryFolder();
    const { folder } = await ensureGenerated(root, 'mnist');
    const path = join(folder, 'train-images-idx3-ubyte');
    const bytes = await readFile(path);
    bytes[5000]! ^= 1;
    await writeFile(path, bytes);
    const opened = openDataset('mnist', { directory: root, synthetic: true });
    await expectError(opened, 'DATA_CORRUPT', `${path}: has changed`, 'smoothout data generate mnist --force');
  });

  test('can be read by whoever may read the folder it is in', async () => {
    const root = await temporaryFolder();
    const { folder } = await ensureGenerated(root, 'mnist');
    expect((await stat(folder)).mode).toBe((await stat(join(root, 'generated'))).mode);
  });

  test('tells how far it has come', async () => {
    const calls: [number, number][] = [];
    await ensureGenerated(await temporaryFolder(), 'mnist', { progress: (done, total) => calls.push([done, total]) });
    expect(calls.length).toBe(14_000);
    expect(calls.at(-1)).toEqual([14_000, 14_000]);
  });
});
