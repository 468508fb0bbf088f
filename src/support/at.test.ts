import { expect, test } from 'vitest';
import { at, last, named } from './at.js';

test('what is there is given, falsy or not', () => {
  expect([at([3, 0], 1), at(Float32Array.of(0, 2), 0), last(['a', '']), named({ a: null }, 'a')]).toEqual([
    0,
    0,
    '',
    null,
  ]);
});

test('what is not there is an error where it is asked for', () => {
  expect(() => at([1, 2], 2)).toThrow('no item 2 among 2');
  expect(() => at([1, 2], -1)).toThrow('no item -1 among 2');
  expect(() => last([])).toThrow(RangeError);
  expect(() => named({ a: 1, b: 2 }, 'c')).toThrow('no c among a, b');
});
