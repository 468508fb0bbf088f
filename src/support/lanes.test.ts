import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inLanes } from './lanes.js';

test('items are begun in their order, no more at once than there are lanes', async () => {
  const begun: number[] = [];
  let now = 0;
  let most = 0;
  await inLanes([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    begun.push(item);
    now++;
    most = Math.max(most, now);
    await nextTurn();
    now--;
  });
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
});

test('after a failure no lane begins anything more', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error('no space');
    await nextTurn();
  };
  await expect(inLanes([0, 1, 2, 3, 4, 5], 2, work)).rejects.toThrow('no space');
  await nextTurn();
  expect(begun).toEqual([0, 1]);
});
