import { describe, expect, test } from 'vitest';
import { randomVector, seededRandom } from './testing/random.js';
import {
  addColumnDotsAt,
  addColumnsAt,
  axpy,
  columnDots,
  columnDotsAt,
  dot,
  forEachStrip,
  norm,
  scale,
} from './vectors.js';

// Around the strip of 1024, and every remainder of four columns.
describe.each([0, 1, 3, 1023, 1024, 1025, 2500])('vectors of %i numbers', (n) => {
  const random = seededRandom(n + 1);
  const columns = Array.from({ length: 9 }, () => randomVector(random, n));
  const v = randomVector(random, n);
  const plainDot = (a: Float64Array, b: Float64Array, keep: (i: number) => boolean = () => true): number =>
    a.reduce((sum, ai, i) => (keep(i) ? sum + ai * b[i]! : sum), 0);
  const odd = Int32Array.from({ length: n >> 1 }, (_, i) => 2 * i + 1);
  const range = { indices: odd, begin: 0, end: odd.length };

  test('dot, norm, axpy and scale', () => {
    expect(dot(columns[0]!, v)).toBeCloseTo(plainDot(columns[0]!, v), 10);
    expect(norm(v)).toBeCloseTo(Math.sqrt(plainDot(v, v)), 10);
    const sum = Float64Array.from(v);
    axpy(2, columns[0]!, sum);
    scale(0.5, sum);
    sum.forEach((value, i) => {
      expect(value).toBe((v[i]! + 2 * columns[0]![i]!) * 0.5);
    });
  });

  test('products with columns, over all variables and over some', () => {
    for (let count = 0; count <= 9; count++) {
      const out = new Float64Array(12).fill(7);
      columnDots(columns, count, v, out, 2);
      const some = new Float64Array(12).fill(7);
      columnDotsAt(columns, count, v, range, some, 2);
      for (let j = 0; j < 12; j++) {
        const within = j >= 2 && j < 2 + count;
        expect(out[j]).toBeCloseTo(within ? plainDot(columns[j - 2]!, v) : 7, 10);
        expect(some[j]).toBeCloseTo(within ? plainDot(columns[j - 2]!, v, (i) => i % 2 === 1) : 7, 10);
      }
      addColumnDotsAt(columns, count, v, range, some, 2);
      for (let j = 0; j < count; j++) {
        expect(some[2 + j]).toBeCloseTo(2 * plainDot(columns[j]!, v, (i) => i % 2 === 1), 10);
      }
    }
  });

  test('a combination of columns reaches the listed variables alone', () => {
    const coefficients = randomVector(random, 12);
    for (let count = 0; count <= 9; count++) {
      const target = new Float64Array(n);
      forEachStrip(range, (strip) => addColumnsAt(columns, count, coefficients, 1, strip, target));
      target.forEach((value, i) => {
        const expected = i % 2 === 0 ? 0 : plainDot(coefficients.subarray(1, 1 + count), columnAt(columns, count, i));
        expect(value).toBeCloseTo(expected, 10);
      });
    }
  });
});

function columnAt(columns: Float64Array[], count: number, i: number): Float64Array {
  return Float64Array.from(columns.slice(0, count), (column) => column[i]!);
}
