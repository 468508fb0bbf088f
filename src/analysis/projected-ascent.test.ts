import { describe, expect, test } from 'vitest';
import { minimize } from '../lbfgsb/minimize.js';
import { negated, type ObjectiveFunction } from '../lbfgsb/problem.js';
import { zooProblem } from '../lbfgsb/testing/zoo.js';
import { maximizeByProjectedAscent } from './projected-ascent.js';

const box = (n: number, radius: number): { lower: Float64Array; upper: Float64Array } => ({
  lower: new Float64Array(n).fill(-radius),
  upper: new Float64Array(n).fill(radius),
});

describe('projected ascent', () => {
  test.each([
    'sharpness of a flat quadratic, 10 iterations',
    'sharpness of a sharp quadratic, 10 iterations',
    'sharpness of a quartic valley, 10 iterations',
  ])('agrees with L-BFGS-B on the %s', async (name) => {
    const { objective, start, lower, upper, options } = zooProblem(name);
    const byModel = await minimize(objective, start, { lower, upper, ...options });
    const byAscent = await maximizeByProjectedAscent(negated(objective), start, { lower, upper });
    expect(Math.abs(byAscent.f / -byModel.f - 1)).toBeLessThan(0.02);
    expect(byAscent.evaluations).toBe(3 * 21);
    byAscent.x.forEach((x, i) => {
      expect(x).toBeGreaterThanOrEqual(lower[i]!);
      expect(x).toBeLessThanOrEqual(upper[i]!);
    });
    expect(byAscent.f).toBe(-(await objective(byAscent.x, new Float64Array(start.length))));
  });

  test('a linear function’s corner is reached in one step', async () => {
    const slopes = [1, -2, 0, 3];
    const linear: ObjectiveFunction = async (x, g) => {
      g.set(slopes);
      return x.reduce((sum, xi, i) => sum + slopes[i]! * xi, 0);
    };
    const result = await maximizeByProjectedAscent(linear, new Float64Array(4), {
      ...box(4, 0.5),
      steps: 1,
      restarts: 0,
    });
    expect(result).toMatchObject({ f: 3, evaluations: 2, starts: [3] });
    expect([...result.x]).toEqual([0.5, -0.5, 0, 0.5]);
  });

  test('a maximum inside the box is approached to the last step’s length', async () => {
    const hill: ObjectiveFunction = async (x, g) => {
      for (let i = 0; i < x.length; i++) g[i] = -2 * (x[i]! - 0.3);
      return -x.reduce((sum, xi) => sum + (xi - 0.3) ** 2, 0);
    };
    const { x } = await maximizeByProjectedAscent(hill, new Float64Array(3), { ...box(3, 1), steps: 40 });
    for (const xi of x) expect(Math.abs(xi - 0.3)).toBeLessThan(0.02);
  });

  test('restarts find a peak that x0 does not lead to, and the seed decides which', async () => {
    // A low, broad hill at −0.4, whose slope x0 is on, and a high, narrow one at 0.8.
    const hills: ObjectiveFunction = async ([x], g) => {
      const low = Math.exp(-4 * (x! + 0.4) ** 2);
      const high = 2 * Math.exp(-60 * (x! - 0.8) ** 2);
      g[0] = -8 * (x! + 0.4) * low - 120 * (x! - 0.8) * high;
      return low + high;
    };
    const options = { ...box(1, 1), restarts: 8, seed: 3 };
    const x0 = Float64Array.of(0);
    const result = await maximizeByProjectedAscent(hills, x0, options);
    expect(result.starts).toHaveLength(9);
    expect(result.starts[0]).toBeCloseTo(1, 2);
    expect(result.f).toBeGreaterThan(1.5);
    expect(result.f).toBe(Math.max(...result.starts));
    expect(await maximizeByProjectedAscent(hills, x0, options)).toEqual(result);
    const other = await maximizeByProjectedAscent(hills, x0, { ...options, seed: 4 });
    expect(other.starts.slice(1)).not.toEqual(result.starts.slice(1));
  });

  test('a start that blows up is left, and does not hide the others', async () => {
    const cliff: ObjectiveFunction = async ([x], g) => {
      g[0] = 1;
      return x! > 0.9 ? Number.NaN : x!;
    };
    const result = await maximizeByProjectedAscent(cliff, Float64Array.of(0), { ...box(1, 1), restarts: 3, steps: 5 });
    expect(result.starts[0]).toBe(0);
    expect(Number.isFinite(result.f)).toBe(true);
    const hopeless = await maximizeByProjectedAscent(async () => Number.NaN, Float64Array.of(0), box(1, 1));
    expect(hopeless.f).toBeNaN();
    expect(hopeless.evaluations).toBe(3);
  });

  test('rejects a box without end', async () => {
    const open = { lower: Float64Array.of(0, 0), upper: Float64Array.of(1, Infinity) };
    await expect(maximizeByProjectedAscent(async () => 0, Float64Array.of(0, 0), open)).rejects.toThrow(
      'variable 1 is not bounded on both sides',
    );
  });
});
