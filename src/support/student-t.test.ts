import { describe, expect, test } from 'vitest';
import { studentQuantile, studentTwoSidedTail } from './student-t.js';

describe('the Student t quantile', () => {
  // Two-sided 95 %, as printed in statistical tables and by SciPy's scipy.stats.t.ppf(0.975, df).
  test.each([
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [3, 3.1824463052837078],
    [4, 2.7764451051977934],
    [9, 2.262157162798205],
    [30, 2.0422724563012373],
    [1000, 1.9623390808264083],
    [2.5, 3.5746548420036817],
    [1.3, 7.500529325562029],
  ])('95 % with $0 degrees of freedom is $1', (degrees, expected) => {
    expect(studentQuantile(0.95, degrees) / expected - 1).toBeCloseTo(0, 10);
  });

  test('99 % with 4 degrees of freedom', () => {
    expect(studentQuantile(0.99, 4)).toBeCloseTo(4.604094871349993, 10);
  });

  test('one degree of freedom is Cauchy: tan of an angle', () => {
    for (const confidence of [0.1, 0.5, 0.9, 0.999]) {
      expect(studentQuantile(confidence, 1)).toBeCloseTo(Math.tan((confidence * Math.PI) / 2), 8);
    }
  });

  test('two degrees of freedom have a closed form', () => {
    for (const p of [0.2, 0.6, 0.95, 0.9999]) {
      expect(studentQuantile(p, 2) / (p * Math.sqrt(2 / (1 - p * p)))).toBeCloseTo(1, 10);
    }
  });

  test('the tail is even in t, 1 at 0, and falls', () => {
    expect(studentTwoSidedTail(0, 7)).toBe(1);
    expect(studentTwoSidedTail(-2, 7)).toBe(studentTwoSidedTail(2, 7));
    expect(studentTwoSidedTail(3, 7)).toBeLessThan(studentTwoSidedTail(2, 7));
  });

  test('refuses what has no quantile', () => {
    expect(() => studentQuantile(1, 4)).toThrow(RangeError);
    expect(() => studentQuantile(0.95, 0)).toThrow(RangeError);
  });
});
