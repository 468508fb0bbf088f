import { describe, expect, test } from 'vitest';
import { chooseSources } from '../session/sources.js';
import { checkBatches, ghostBatches } from './plan.js';
import { TINY_DATASET, tinySpec } from './testing/tiny.js';

const check = (settings: object) => {
  const spec = tinySpec(settings);
  checkBatches(spec, chooseSources(spec, TINY_DATASET).train);
};

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
    expect(() => check(settings)).toThrow(refusal);
  });

  test('not: a last batch whose ghosts have two images', () => {
    expect(() => check({ batchSize: 16, ghostBatchSize: 4, trainLimit: 40 })).not.toThrow();
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
