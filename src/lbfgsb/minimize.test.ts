import { describe, expect, test } from 'vitest';
import { minimize } from './minimize.js';
import type { IterationReport, ObjectiveFunction } from './problem.js';
import { zooProblem } from './testing/zoo.js';

const bowl: ObjectiveFunction = async (x, g) => {
  let f = 0;
  for (let i = 0; i < x.length; i++) {
    f += (x[i]! - i) ** 2;
    g[i] = 2 * (x[i]! - i);
  }
  return f;
};

describe('minimize', () => {
  test('leaves x0 and the bounds alone, and returns f and gradient of its x', async () => {
    const x0 = Float64Array.of(9, 9, 9);
    const lower = Float64Array.of(0.5, -Infinity, -5);
    const upper = Float64Array.of(3, 0.25, 5);
    const result = await minimize(bowl, x0, { lower, upper });
    expect([...x0, ...lower, ...upper]).toEqual([9, 9, 9, 0.5, -Infinity, -5, 3, 0.25, 5]);
    expect([...result.x.subarray(0, 2)]).toEqual([0.5, 0.25]);
    expect(result.x[2]).toBeCloseTo(2, 12);
    const g = new Float64Array(3);
    expect(result.f).toBe(await bowl(result.x, g));
    expect(result.gradient).toEqual(g);
    expect(result.status).toBe('converged');
    expect(result.message).toMatch(/pgtol = 0.00001/);
  });

  test('never evaluates outside the box', async () => {
    const { objective, start, lower, upper } = zooProblem('rosenbrock 50, alternating bounds');
    const watched: ObjectiveFunction = (x, g) => {
      x.forEach((xi, i) => {
        expect(xi).toBeGreaterThanOrEqual(lower[i]!);
        expect(xi).toBeLessThanOrEqual(upper[i]!);
      });
      return objective(x, g);
    };
    await minimize(watched, start, { lower, upper });
  });

  test('reports each iteration, with a value that only falls', async () => {
    const { objective, start, lower, upper } = zooProblem('rosenbrock 10, box [-2, 2]');
    const reports: Omit<IterationReport, 'x'>[] = [];
    const result = await minimize(objective, start, {
      lower,
      upper,
      onIteration: ({ x, ...report }) => {
        expect(x).toHaveLength(10);
        reports.push(report);
      },
    });
    expect(reports.map((report) => report.iteration)).toEqual(reports.map((_, i) => i + 1));
    expect(reports.at(-1)).toMatchObject({
      iteration: result.iterations,
      evaluations: result.evaluations,
      f: result.f,
    });
    for (let i = 1; i < reports.length; i++) expect(reports[i]!.f).toBeLessThanOrEqual(reports[i - 1]!.f);
  });

  test('two runs give the same bits', async () => {
    const { objective, start, lower, upper } = zooProblem('rosenbrock 10, box [-2, 0.9]');
    const runs = [
      await minimize(objective, start, { lower, upper }),
      await minimize(objective, start, { lower, upper }),
    ];
    expect(runs[0]).toEqual(runs[1]);
  });

  test('a wrong gradient returns x0 as it was, with its value', async () => {
    const { objective, start, lower, upper, options } = zooProblem('wrong sign, curvature 1, gradient 1');
    const result = await minimize(objective, start, { lower, upper, ...options });
    expect(result.status).toBe('abnormal-line-search');
    expect(result.x).toEqual(start);
    expect(Math.abs(result.f)).toBe(0);
    expect(result.iterations).toBe(0);
  });

  describe('an objective that is not finite', () => {
    test('at the start', async () => {
      for (const bad of [Number.NaN, Infinity]) {
        const result = await minimize(async () => bad, Float64Array.of(1, 2));
        expect(result).toMatchObject({ status: 'non-finite', iterations: 0, evaluations: 1 });
        expect([...result.x]).toEqual([1, 2]);
      }
    });

    test('in its gradient alone', async () => {
      const result = await minimize(
        async (_, g) => {
          g.fill(Number.NaN);
          return 1;
        },
        Float64Array.of(1, 2),
      );
      expect(result.status).toBe('non-finite');
    });

    test('later on: the last finite point comes back', async () => {
      const cliff: ObjectiveFunction = async (x, g) => {
        const f = await bowl(x, g);
        return x[1]! > 0.5 ? Number.NaN : f;
      };
      const result = await minimize(cliff, Float64Array.of(-3, -3, -3));
      expect(result.status).toBe('non-finite');
      expect(Number.isFinite(result.f)).toBe(true);
      expect(result.f).toBe(await bowl(result.x, new Float64Array(3)));
    });
  });

  test('rejects arguments that make no sense', async () => {
    const x0 = Float64Array.of(0, 0);
    const one = Float64Array.of(1);
    await expect(minimize(bowl, x0, { lower: one })).rejects.toThrow('bounds of 1 and 2 numbers for 2 variables');
    await expect(minimize(bowl, x0, { lower: Float64Array.of(0, 3), upper: Float64Array.of(1, 2) })).rejects.toThrow(
      'lower[1] = 3 is not at most upper[1] = 2',
    );
    await expect(minimize(bowl, x0, { upper: Float64Array.of(1, Number.NaN) })).rejects.toThrow('upper[1] = NaN');
    await expect(minimize(bowl, x0, { memory: 0 })).rejects.toThrow('memory = 0 is not a positive whole number');
    await expect(minimize(bowl, x0, { maxIterations: 1.5 })).rejects.toThrow('maxIterations = 1.5');
  });

  test('thousands of variables end at a stationary point of the box', async () => {
    const { objective } = zooProblem('tridiagonal quadratic 30, active bounds');
    const n = 5000;
    const lower = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? -0.4 : -Infinity));
    const upper = Float64Array.from({ length: n }, (_, i) => 0.5 + (i % 7));
    const result = await minimize(objective, new Float64Array(n), { lower, upper, factr: 0, pgtol: 1e-5 });
    expect(result.status).toBe('converged');
    const resting = result.x.map((x, i) => Number(x === lower[i]! || x === upper[i]!));
    expect(resting.reduce((sum, rests) => sum + rests)).toBeGreaterThan(1000);
    result.gradient.forEach((g, i) => {
      if (result.x[i] === lower[i]) expect(g).toBeGreaterThan(-1e-5);
      else if (result.x[i] === upper[i]) expect(g).toBeLessThan(1e-5);
      else expect(Math.abs(g)).toBeLessThan(1e-5);
    });
  });

  test('no variables at all is a minimum', async () => {
    expect(await minimize(bowl, new Float64Array(0))).toMatchObject({ status: 'converged', evaluations: 1 });
  });
});

describe('the maximum over Keskar’s box of a separable quadratic', () => {
  // max Σ γ_i z_i + ½ c_i z_i² over |z_i| ≤ ε(|x_i| + 1) sits at z_i = sign(γ_i)·ε(|x_i| + 1) for c_i ≥ 0.
  for (const [gradient, curvature, epsilon] of [
    [0.01, 1, 5e-4],
    [1e-3, 100, 5e-4],
    [1, 1e4, 5e-4],
    [0.5, 0, 1e-3],
    [2, 3, 0.1],
  ] as const) {
    test(`equals its closed form: gradient ${gradient}, curvature ${curvature}, ε ${epsilon}`, async () => {
      const n = 1000;
      const x0 = Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 2);
      const gammas = x0.map((_, i) => gradient * Math.cos(3 * i + 1));
      const radius = x0.map((x) => epsilon * (Math.abs(x) + 1));
      const value = (z: (i: number) => number): number =>
        gammas.reduce((sum, gamma, i) => sum + gamma * z(i) + 0.5 * curvature * z(i) ** 2, 0.3);
      const minusLoss: ObjectiveFunction = async (x, g) => {
        for (let i = 0; i < n; i++) g[i] = -(gammas[i]! + curvature * (x[i]! - x0[i]!));
        return -value((i) => x[i]! - x0[i]!);
      };
      const result = await minimize(minusLoss, x0, {
        lower: x0.map((x, i) => x - radius[i]!),
        upper: x0.map((x, i) => x + radius[i]!),
        maxIterations: 10,
        pgtol: 1e-9,
      });
      const maximum = value((i) => Math.sign(gammas[i]!) * radius[i]!);
      const sharpness = (max: number): number => (100 * (max - 0.3)) / (1 + 0.3);
      expect(Math.abs(sharpness(-result.f) / sharpness(maximum) - 1)).toBeLessThan(1e-9);
    });
  }
});
