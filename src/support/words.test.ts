import { expect, test } from 'vitest';
import { counted, durationText } from './words.js';

test.each([
  [0.4, '0 s'],
  [45, '45 s'],
  [600, '10 min'],
  [3599, '1 h 0 min'],
  [12000, '3 h 20 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('one is no plural, and none is', () => {
  expect([0, 1, 2].map((count) => counted(count, 'run'))).toEqual(['0 runs', '1 run', '2 runs']);
});
