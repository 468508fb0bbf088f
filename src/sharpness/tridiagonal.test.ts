import { describe, expect, test } from 'vitest';
import { largestTridiagonalPair } from './tridiagonal.js';

describe('the largest eigenvalue of a tridiagonal matrix', () => {
  test('of one number is the number', () => {
    expect(largestTridiagonalPair([-3], [])).toEqual({ value: -3, last: 1 });
  });

  test('of two by two', () => {
    // [[2, 1], [1, 2]]: 3 with (1, 1)/√2
    const { value, last } = largestTridiagonalPair([2, 2], [1]);
    expect(value).toBeCloseTo(3, 13);
    expect(last).toBeCloseTo(Math.SQRT1_2, 7);
  });

  test('of tridiag(1, 0, 1) is 2 cos(π/(k+1)), its last component √(2/(k+1)) sin(kπ/(k+1))', () => {
    for (const k of [3, 10, 60]) {
      const { value, last } = largestTridiagonalPair(new Array<number>(k).fill(0), new Array<number>(k - 1).fill(1));
      expect(value).toBeCloseTo(2 * Math.cos(Math.PI / (k + 1)), 12);
      expect(last).toBeCloseTo(Math.sqrt(2 / (k + 1)) * Math.sin((k * Math.PI) / (k + 1)), 6);
    }
  });

  test('a last component far below rounding is small, not noise', () => {
    const { value, last } = largestTridiagonalPair([100, 1, 0.5, 0.1, 0.01], [1e-4, 1e-4, 1e-4, 1e-4]);
    expect(value).toBeCloseTo(100, 6);
    expect(last).toBeLessThan(1e-10);
  });
});
