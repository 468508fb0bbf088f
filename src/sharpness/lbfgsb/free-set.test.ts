import { expect, test } from 'vitest';
import { createFreeSet, type FreeSet, updateFreeSet } from './free-set.js';
import type { IndexRange } from './vectors.js';

const listed = ({ indices, begin, end }: IndexRange): number[] =>
  [...indices.subarray(begin, end)].sort((a, b) => a - b);
const listing = (set: FreeSet): number[][] => [set.free, set.active, set.entering, set.leaving].map(listed);

test('a free set lists who is free and who changed sides', () => {
  const set = createFreeSet(5, new Int32Array(5));
  expect(listing(set)).toEqual([[0, 1, 2, 3, 4], [], [], []]);
  updateFreeSet(set, Uint8Array.of(0, 1, 0, 1, 0));
  expect(listing(set)).toEqual([[0, 2, 4], [1, 3], [], [1, 3]]);
  updateFreeSet(set, Uint8Array.of(1, 1, 0, 0, 0));
  expect(listing(set)).toEqual([[2, 3, 4], [0, 1], [3], [0]]);
  updateFreeSet(set, Uint8Array.of(1, 1, 0, 0, 0));
  expect(listing(set)).toEqual([[2, 3, 4], [0, 1], [], []]);
  updateFreeSet(set, Uint8Array.of(1, 1, 1, 1, 1));
  expect(listing(set)).toEqual([[], [0, 1, 2, 3, 4], [], [2, 3, 4]]);
});
