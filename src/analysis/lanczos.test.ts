import { describe, expect, test } from 'vitest';
import { normal } from '../support/random.js';
import { type LanczosState, largestEigenpairs, type SymmetricMatrix } from './lanczos.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { explicitMatrix, withEigenvalues } from './testing/matrices.js';

const stream = { seed: 1, purpose: 'test' } as const;

describe('small symmetric matrices', () => {
  test('eigenvalues of tridiag(1, 0, 1) are 2 cos(jπ/(k+1)), and vectors diagonalise', () => {
    const k = 30;
    const a = Array.from({ length: k }, (_, i) =>
      Array.from({ length: k }, (_unused, j) => Number(Math.abs(i - j) === 1)),
    );
    const { values, vectors } = symmetricEigen(a);
    const expected = Array.from({ length: k }, (_, j) => 2 * Math.cos(((j + 1) * Math.PI) / (k + 1)));
    expect([...values].sort()).toEqual([...expected].sort().map((value) => expect.closeTo(value, 13)));
    expect(Math.abs(values[0]!)).toBeGreaterThanOrEqual(Math.abs(values[1]!));
    for (const [i, v] of vectors.entries()) {
      const av = a.map((row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
      expect(Math.hypot(...av.map((value, j) => value - values[i]! * v[j]!))).toBeLessThan(1e-13);
    }
  });

  test('of a diagonal matrix, and of zeros', () => {
    expect(
      symmetricEigen([
        [1, 0],
        [0, -3],
      ]),
    ).toEqual({
      values: [-3, 1],
      vectors: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(
      symmetricEigen([
        [0, 0],
        [0, 0],
      ]).values,
    ).toEqual([0, 0]);
  });
});

describe('the eigenvalues of largest size', () => {
  test('of a quadratic: to 1e-6, negative ones among them, residuals as they are', async () => {
    const curvatures = [90, -70, 50, 33, 20, 12, -8, 5, 3, 2, ...Array.from({ length: 190 }, (_, i) => 1 / (1 + i))];
    const matrix = withEigenvalues(curvatures);
    const { values, residuals, vectors } = await largestEigenpairs(matrix, { count: 10, stream, tolerance: 1e-5 });
    for (const [i, value] of values.entries()) expect(Math.abs(value / curvatures[i]! - 1)).toBeLessThan(1e-6);
    for (const [i, v] of vectors.entries()) {
      const product = new Float64Array(200);
      await matrix.multiply(v, product);
      const residual = Math.hypot(...product.map((value, k) => value - values[i]! * v[k]!));
      expect(Math.abs(residual - residuals[i]!)).toBeLessThan(1e-5);
      for (const [j, other] of vectors.entries()) {
        const overlap = v.reduce((sum, value, k) => sum + value * other[k]!, 0);
        expect(Math.abs(overlap - Number(i === j))).toBeLessThan(1e-6);
      }
    }
  });

  test('multiple eigenvalues are found as often as they occur, in a matrix of low rank too', async () => {
    const matrix = withEigenvalues([5, 5, 5, 2, 2, ...new Array<number>(95).fill(0)]);
    const { values } = await largestEigenpairs(matrix, { count: 7, stream });
    expect(values).toEqual([5, 5, 5, 2, 2, 0, 0].map((value) => expect.closeTo(value, 5)));
  });

  test('with restarts, where eigenvalues lie close together', async () => {
    const curvatures = Array.from({ length: 400 }, (_, i) => 10 * 0.99 ** i);
    const { values, products } = await largestEigenpairs(withEigenvalues(curvatures), {
      ...{ count: 3, stream },
      maxProducts: 400,
    });
    expect(products).toBeGreaterThan(26);
    expect(values).toEqual(curvatures.slice(0, 3).map((value) => expect.closeTo(value, 4)));
  });

  test('a matrix smaller than the count is solved whole', async () => {
    const { values, residuals, products } = await largestEigenpairs(withEigenvalues([1, -4, 2]), { count: 10, stream });
    expect(values).toEqual([-4, 2, 1].map((value) => expect.closeTo(value, 6)));
    expect({ residuals, products }).toEqual({ residuals: [0, 0, 0], products: 3 });
  });

  test('out of products it says how far it came', async () => {
    const curvatures = Array.from({ length: 400 }, (_, i) => 10 * 0.99 ** i);
    const { residuals } = await largestEigenpairs(withEigenvalues(curvatures), { count: 3, stream, maxProducts: 10 });
    expect(Math.max(...residuals)).toBeGreaterThan(0.01);
  });

  test('from a saved state it ends as if it had never stopped', async () => {
    const matrix = withEigenvalues(Array.from({ length: 300 }, (_, i) => 10 * 0.98 ** i));
    const states: LanczosState[] = [];
    const onProduct = (state: LanczosState): void => void states.push(structuredClone(state));
    const whole = await largestEigenpairs(matrix, { count: 4, stream, onProduct });
    for (const at of [0, 10, states.length - 1]) {
      expect(await largestEigenpairs(matrix, { count: 4, stream, from: structuredClone(states[at]!) })).toEqual(whole);
    }
  });
});

test('multinomial logistic regression: its Hessian, in closed form, to 1e-6', async () => {
  const { matrix, exact } = logisticRegression(60, 12, 3);
  const { values } = await largestEigenpairs(matrix, { count: 5, stream, tolerance: 1e-5 });
  for (const [i, value] of values.entries()) expect(Math.abs(value / exact[i]! - 1)).toBeLessThan(1e-6);
});

/** Σ (diag p − ppᵀ) ⊗ xxᵀ / N, written out and decomposed whole. */
function logisticRegression(
  images: number,
  inputs: number,
  classes: number,
): { matrix: SymmetricMatrix; exact: number[] } {
  const size = classes * inputs;
  const dense = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const draws = normal({ seed: 3, purpose: 'test' }, images * inputs);
  for (let n = 0; n < images; n++) {
    const x = Array.from({ length: inputs }, (_, i) => draws[n * inputs + i]!);
    const e = Array.from({ length: classes }, (_, c) => Math.exp(Math.cos(n + 2 * c)));
    const p = e.map((value) => value / e.reduce((a, b) => a + b, 0));
    for (let c = 0; c < classes; c++) {
      for (let d = 0; d < classes; d++) {
        const factor = (p[c]! * (Number(c === d) - p[d]!)) / images;
        for (let i = 0; i < inputs; i++) {
          for (let j = 0; j < inputs; j++) dense[c * inputs + i]![d * inputs + j]! += factor * x[i]! * x[j]!;
        }
      }
    }
  }
  return { matrix: explicitMatrix(dense), exact: symmetricEigen(dense).values };
}
