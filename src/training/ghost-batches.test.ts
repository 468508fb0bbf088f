import { expect, test } from 'vitest';
import { ghostBatches } from './ghost-batches.js';

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
