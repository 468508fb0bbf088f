import { describe, expect, test } from 'vitest';
import { chooseSources, ghostBatches } from './setup.js';
import { TINY_DATASET, tinySpec } from './testing/tiny.js';

const choose = (settings: object) => chooseSources(tinySpec(settings), TINY_DATASET);

describe('what a run trains and validates on', () => {
  test('by default: the training set and the test set', () => {
    expect(choose({})).toEqual({ train: TINY_DATASET.train, validation: TINY_DATASET.test });
  });

  test('limits take the first images', () => {
    const { train, validation } = choose({ trainLimit: 20, validationLimit: 7 });
    expect([train.count, validation.count]).toEqual([20, 7]);
    expect(train.labels).toEqual(TINY_DATASET.train.labels.slice(0, 20));
  });

  test('held-out images come from the training set, never from the test set, and are not trained on', async () => {
    const { train, validation } = choose({ validation: 'holdout:12' });
    expect([train.count, validation.count]).toEqual([48, 12]);
    const images = async (source: typeof train) => {
      const out = new Float32Array(source.count * 16);
      await source.read(
        Uint32Array.from({ length: source.count }, (_, i) => i),
        out,
      );
      return Array.from({ length: source.count }, (_, i) => String(out.subarray(16 * i, 16 * i + 16)));
    };
    const all = await images(TINY_DATASET.train);
    expect([...(await images(train)), ...(await images(validation))].sort()).toEqual([...all].sort());
  });

  test('the held-out images are the same for every seed', () => {
    const held = [1, 2].map((seed) => choose({ validation: 'holdout:12', seeds: [seed] }).validation.labels);
    expect(held[0]).toEqual(held[1]);
  });
});

describe('refused', () => {
  test.each([
    [{ batchSize: 61 }, /^tiny: batchSize 61 is larger than the training set: tiny train has 60 images$/],
    [{ batchSize: 50, validation: 'holdout:12' }, /batchSize 50 is larger than .* has 48 images$/],
    [{ validation: 'holdout:60' }, /holdout:60 needs a whole number from 1 to 59/],
    [{ batchSize: 59 }, /^tiny: 60 training images leave a batch, or ghost batch, of one/],
    [{ batchSize: 1 }, /leave a batch, or ghost batch, of one/],
    [{ batchSize: 16, ghostBatchSize: 1 }, /leave a batch, or ghost batch, of one/],
    [{ batchSize: 16, ghostBatchSize: 4, trainLimit: 34 }, /leave a batch, or ghost batch, of one/],
  ])('%j', (settings, message) => {
    const refusal = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(() => choose(settings)).toThrow(refusal);
  });

  test('not: a last batch whose ghosts have two images', () => {
    expect(choose({ batchSize: 16, ghostBatchSize: 4, trainLimit: 40 }).train.count).toBe(40);
  });
});

// What torch.chunk gives: full batches, and the short last ones of CIFAR-10 at 2048 and CIFAR-100 at 1024.
test.each([
  [2048, 2048, 128, Array(16).fill(128)],
  [848, 2048, 128, Array(16).fill(53)],
  [848, 1024, 128, Array(8).fill(106)],
  [16_384, 16_384, 128, Array(128).fill(128)],
  [1992, 2048, 128, [...Array(15).fill(125), 117]],
  [14, 16, 4, [4, 4, 4, 2]],
  [9, 16, 4, [3, 3, 3]],
  [3, 16, 4, [1, 1, 1]],
  [256, 256, 256, [256]],
])('%d images of a batch of %d in ghosts of %d', (count, batchSize, ghostBatchSize, expected) => {
  expect(ghostBatches(count, batchSize, ghostBatchSize)).toEqual(expected);
});

test('without ghost batches there is one: the batch', () => {
  expect(ghostBatches(848, 2048, null)).toEqual([848]);
});

test('every image is in one ghost batch, and there are no more than in a full batch', () => {
  for (let count = 1; count <= 64; count++) {
    const sizes = ghostBatches(count, 64, 8);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(sizes.length).toBeLessThanOrEqual(8);
  }
});
