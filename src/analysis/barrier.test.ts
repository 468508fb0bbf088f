import { expect, test } from 'vitest';
import { aboveEnds, barrierOf } from './barrier.js';

const points = [
  { alpha: 0, loss: 1, accuracy: 90 },
  { alpha: 0.25, loss: 2, accuracy: 70 },
  { alpha: 0.5, loss: 2.2, accuracy: 40 },
  { alpha: 1, loss: 3, accuracy: 80 },
];

test('the barrier is the most that the loss is above the line between the ends', () => {
  expect(aboveEnds(points).map(({ loss }) => loss)).toEqual([0, 0.5, expect.closeTo(0.2, 12), 0]);
  // The error is highest elsewhere than the loss: 85 − 40 at the middle.
  expect(barrierOf(points)).toEqual({ loss: 0.5, alpha: 0.25, error: 45 });
});

test('below that line there is none', () => {
  const valley = points.map((point) => ({ ...point, loss: point.alpha % 1 === 0 ? 1 : 0.5, accuracy: 90 }));
  expect(barrierOf(valley)).toEqual({ loss: 0, alpha: 0, error: 0 });
});

test('without its ends there is no line', () => {
  expect(() => barrierOf(points.slice(1))).toThrow('a barrier needs a point at α = 0');
});
