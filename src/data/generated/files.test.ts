import { beforeAll, describe, expect, test } from 'vitest';
import { openDataset } from '../open.js';
import { imageSize } from '../shape.js';
import type { Dataset, ImageSource } from '../source.js';
import { temporaryFolder } from '../testing/fixtures.js';
import { GENERATED_COUNTS } from './files.js';

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
    const counts = GENERATED_COUNTS[name];
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
