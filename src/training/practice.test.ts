import { expect, test } from 'vitest';
import { practise } from './practice.js';
import { tinySession, tinySpec } from './testing/tiny.js';

test.each([null, 8])(
  'goes on past the last epoch, counts every image, and stops when told (ghost batches: %s)',
  async (ghostBatchSize) => {
    const controller = new AbortController();
    const told: number[] = [];
    const spec = tinySpec({ epochs: 1, ghostBatchSize });
    await practise(tinySession(controller.signal), spec, ({ images }) => {
      told.push(images);
      if (told.length === 9) controller.abort();
    });
    // 60 images in batches of 16: the last of each epoch has 12.
    expect(told).toEqual([16, 32, 48, 60, 76, 92, 108, 120, 136]);
  },
);
