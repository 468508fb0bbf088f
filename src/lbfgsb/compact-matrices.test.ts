import { describe, expect, test } from 'vitest';
import {
  clearMemory,
  createMemory,
  frameProduct,
  fromFrame,
  type LimitedMemory,
  toFrame,
  updateMemory,
} from './compact-matrices.js';
import { randomModel, timesVector } from './testing/dense-oracle.js';
import { randomVector, seededRandom } from './testing/random.js';
import { columnDots } from './vectors.js';

/** Bv = θv − W M Wᵀv, by the compact representation. */
function compactProduct(memory: LimitedMemory, v: Float64Array): number[] {
  const { size, theta, s, y } = memory;
  const w = new Float64Array(2 * memory.capacity);
  columnDots(y, size, v, w, 0);
  columnDots(s, size, v, w, size);
  for (let j = size; j < 2 * size; j++) w[j]! *= theta;
  toFrame(memory, w, w);
  fromFrame(memory, w);
  return Array.from(v, (vi, i) => {
    let product = theta * vi;
    for (let j = 0; j < size; j++) product -= y[j]![i]! * w[j]! + theta * s[j]![i]! * w[size + j]!;
    return product;
  });
}

describe('the compact representation', () => {
  // Below, at and beyond the memory's capacity.
  for (const [m, pairs] of [
    [3, 1],
    [3, 3],
    [3, 8],
    [1, 4],
    [5, 23],
  ] as const) {
    test(`equals the BFGS recursion: memory ${m}, ${pairs} pairs`, () => {
      const random = seededRandom(10 * m + pairs);
      const { memory, b } = randomModel(random, 9, m, pairs);
      const v = randomVector(random, 9);
      expect(memory.size).toBe(Math.min(m, pairs));
      const expected = timesVector(b, v);
      compactProduct(memory, v).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 10);
      });
    });
  }

  test('the frame turns products with M into sums', () => {
    const random = seededRandom(5);
    const { memory } = randomModel(random, 7, 4, 4);
    const [v, w] = [randomVector(random, 8), randomVector(random, 8)];
    const mv = Float64Array.from(v);
    toFrame(memory, mv, mv);
    fromFrame(memory, mv);
    const expected = mv.reduce((sum, value, i) => sum + value * w[i]!, 0);
    const [vFrame, wFrame] = [new Float64Array(8), new Float64Array(8)];
    toFrame(memory, v, vFrame);
    toFrame(memory, w, wFrame);
    expect(frameProduct(4, vFrame, wFrame)).toBeCloseTo(expected, 10);
  });

  test('a cleared memory starts over with B = I', () => {
    const { memory } = randomModel(seededRandom(2), 4, 3, 5);
    clearMemory(memory);
    const v = Float64Array.of(1, -2, 3, -4);
    expect(compactProduct(memory, v)).toEqual([1, -2, 3, -4]);
  });

  test('a pair whose ‖s‖² underflows leaves θSᵀS + LD⁻¹Lᵀ indefinite, which is reported', () => {
    const pair = {
      direction: Float64Array.of(1e-170, 0),
      step: 1,
      directionSquared: 0,
      gradient: Float64Array.of(1, 0),
      previousGradient: Float64Array.of(0, 0),
      curvature: 1e-170,
    };
    expect(updateMemory(createMemory(2, 2), pair)).toBe(false);
  });
});
