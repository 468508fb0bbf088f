import { expect, test } from 'vitest';
import { ghostBatches } from './ghost-batches.js';

const sizes = (...args: Parameters<typeof ghostBatches>) => ghostBatches(...args).map(([start, end]) => end - start);

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
  expect(sizes(count, batchSize, ghostBatchSize)).toEqual(expected);
});

test('without ghost batches there is one: the batch', () => {
  expect(ghostBatches(848, 2048, null)).toEqual([[0, 848]]);
});

test('every image is in one ghost batch, in order', () => {
  for (let count = 1; count <= 64; count++) {
    const cuts = ghostBatches(count, 64, 8);
    expect(cuts[0]![0]).toBe(0);
    expect(cuts.at(-1)![1]).toBe(count);
    for (const [i, [start]] of cuts.entries()) if (i > 0) expect(start).toBe(cuts[i - 1]![1]);
    expect(cuts.length).toBeLessThanOrEqual(8);
  }
});
