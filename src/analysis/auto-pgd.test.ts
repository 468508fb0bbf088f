import { describe, expect, test } from 'vitest';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { normal } from '../support/random.js';
import { maximizeByAutoPgd } from './auto-pgd.js';

const N = 8;
const RADIUS = 0.5;
const vector = (step: number): Float64Array => Float64Array.from(normal({ seed: 5, purpose: 'test', step }, N));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, ai, i) => sum + ai * b[i]!, 0);
const slope = vector(0);
const rows = Array.from({ length: N }, (_, i) => vector(i + 1));

const linear: ObjectiveFunction = async (v, gradient) => {
  gradient.set(slope);
  return 1 + dot(slope, v);
};
/** ½‖Av‖² + a little of the slope, which leads away from 0. */
const convex: ObjectiveFunction = async (v, gradient) => {
  const products = rows.map((row) => dot(row, v));
  for (let i = 0; i < N; i++) gradient[i] = 0.1 * slope[i]! + products.reduce((sum, p, k) => sum + p * rows[k]![i]!, 0);
  return products.reduce((sum, p) => sum + p * p, 0) / 2 + 0.1 * dot(slope, v);
};
const maximum = async (objective: ObjectiveFunction, norm: 'l2' | 'linf', steps = 40) =>
  (await maximizeByAutoPgd(objective, N, { norm, radius: RADIUS, steps })).f;

describe('Auto-PGD', () => {
  test('of a linear function: 1 + ρ‖g‖₂ and 1 + ρ‖g‖₁, the first step goes there', async () => {
    expect(await maximum(linear, 'l2', 1)).toBeCloseTo(1 + RADIUS * Math.sqrt(dot(slope, slope)), 12);
    const sum = slope.reduce((total, g) => total + Math.abs(g), 0);
    expect(await maximum(linear, 'linf', 1)).toBeCloseTo(1 + RADIUS * sum, 12);
  });

  test('of a convex function over a box, which has maxima in many corners: within a hundredth of the best of them', async () => {
    const values = await Promise.all(
      Array.from({ length: 2 ** N }, (_, corner) =>
        convex(
          Float64Array.from({ length: N }, (_, i) => ((corner >> i) & 1 ? RADIUS : -RADIUS)),
          new Float64Array(N),
        ),
      ),
    );
    const share = (await maximum(convex, 'linf')) / Math.max(...values);
    expect(share).toBeGreaterThan(0.99);
    expect(share).toBeLessThan(1 + 1e-12);
  });

  test('of a convex function over a ball: where its gradient points outwards', async () => {
    // The power method with the slope in it goes up to the same fixed point, v = ρ·∇f(v)/‖∇f(v)‖.
    const v = new Float64Array(N);
    const gradient = new Float64Array(N);
    for (let i = 0; i < 2000; i++) {
      await convex(v, gradient);
      const size = Math.sqrt(dot(gradient, gradient));
      v.set(gradient.map((g) => (RADIUS * g) / size));
    }
    expect((await maximum(convex, 'l2', 200)) / (await convex(v, gradient))).toBeCloseTo(1, 6);
  });

  test('evaluates once more than it takes steps, stays in the ball, and stays put where all is flat', async () => {
    const seen: number[] = [];
    const { f, start } = await maximizeByAutoPgd(
      async (v, gradient) => {
        seen.push(Math.sqrt(dot(v, v)));
        return convex(v, gradient);
      },
      N,
      { norm: 'l2', radius: RADIUS, steps: 20 },
    );
    expect(seen).toHaveLength(21);
    expect(Math.max(...seen)).toBeLessThan(RADIUS * (1 + 1e-12));
    expect(f).toBeGreaterThan(start);
    const flat = await maximizeByAutoPgd(async () => 3, N, { norm: 'l2', radius: 1, steps: 5 });
    expect(flat).toEqual({ f: 3, start: 3 });
  });
});
