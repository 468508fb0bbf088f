import { describe, expect, test } from 'vitest';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { zooProblem } from '../lbfgsb/testing/zoo.js';
import { largestHessianEigenvalue, largestTridiagonalPair } from './hessian.js';

/** ½ Σ c_i x_i² */
function diagonalQuadratic(curvatures: number[]): ObjectiveFunction {
  return async (x, g) => {
    let f = 0;
    for (let i = 0; i < x.length; i++) {
      f += 0.5 * curvatures[i]! * x[i]! ** 2;
      g[i] = curvatures[i]! * x[i]!;
    }
    return f;
  };
}

describe('the largest Hessian eigenvalue', () => {
  test('of a tridiagonal quadratic: 2.1 + 2 cos(π/(n+1))', async () => {
    const { objective } = zooProblem('tridiagonal quadratic 30, active bounds');
    const result = await largestHessianEigenvalue(objective, new Float64Array(30).fill(0.3), { tolerance: 1e-6 });
    expect(result.value).toBeCloseTo(2.1 + 2 * Math.cos(Math.PI / 31), 6);
    expect(result.converged).toBe(true);
    expect(result.residual).toBeLessThan(1e-5);
    expect(result.evaluations).toBe(2 * result.iterations);
  });

  test('of Rosenbrock’s function at its minimum', async () => {
    // [[802, −400], [−400, 200]]
    const { objective } = zooProblem('rosenbrock 2, no bounds');
    const result = await largestHessianEigenvalue(objective, Float64Array.of(1, 1));
    expect(result.value / (501 + Math.sqrt(301 ** 2 + 400 ** 2))).toBeCloseTo(1, 6);
  });

  test('is the algebraically largest, not the largest in size', async () => {
    const objective = diagonalQuadratic([-50, -3, 2, -20]);
    const result = await largestHessianEigenvalue(objective, Float64Array.of(1, 1, 1, 1), { tolerance: 1e-8 });
    expect(result.value).toBeCloseTo(2, 6);
  });

  test('of a multiple of the identity takes one step', async () => {
    const result = await largestHessianEigenvalue(
      diagonalQuadratic(new Array<number>(50).fill(7)),
      new Float64Array(50),
    );
    expect(result.iterations).toBe(1);
    expect(result.value).toBeCloseTo(7, 8);
  });

  test('the residual bounds the distance to an eigenvalue, at every step', async () => {
    const curvatures = Array.from({ length: 40 }, (_, i) => 100 / (1 + i) ** 2);
    const reports: { value: number; residual: number }[] = [];
    await largestHessianEigenvalue(diagonalQuadratic(curvatures), new Float64Array(40), {
      tolerance: 0,
      maxIterations: 12,
      onIteration: (report) => reports.push(report),
    });
    expect(reports).toHaveLength(12);
    for (const { value, residual } of reports) {
      const nearest = Math.min(...curvatures.map((c) => Math.abs(c - value)));
      expect(nearest).toBeLessThanOrEqual(residual + 1e-6);
    }
    expect(reports.at(-1)!.value).toBeCloseTo(100, 6);
  });

  test('of a gradient computed in float32', async () => {
    const curvatures = Array.from({ length: 300 }, (_, i) => 10 * 0.9 ** i);
    const exact = diagonalQuadratic(curvatures);
    const single: ObjectiveFunction = async (x, g) => {
      const f = await exact(Float64Array.from(Float32Array.from(x)), g);
      g.set(Float32Array.from(g));
      return f;
    };
    const x = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const result = await largestHessianEigenvalue(single, x, { gradientError: 2 ** -24 });
    expect(Math.abs(result.value / 10 - 1)).toBeLessThan(1e-3);
  });

  test('an objective that is not finite is reported, not looped over', async () => {
    const result = await largestHessianEigenvalue(async (_, g) => {
      g.fill(Number.NaN);
      return Number.NaN;
    }, new Float64Array(3));
    expect(result).toMatchObject({ converged: false, iterations: 0 });
    expect(result.value).toBeNaN();
  });
});

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
