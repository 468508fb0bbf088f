import { expect, test } from 'vitest';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { normal } from '../support/random.js';
import { measureOnce } from './keskar.js';
import { drawManifold, lift, manifoldSpace, project } from './manifold.js';

const vector = (seed: number, n: number): Float64Array => Float64Array.from(normal({ seed, purpose: 'test' }, n));
const unit = (i: number, n: number): Float64Array => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));

/** A⁺ row by row: its columns are the projections of unit vectors. */
function rowsOf(manifold: ReturnType<typeof drawManifold>): number[][] {
  const columns = Array.from({ length: manifold.size }, (_, j) => project(manifold, unit(j, manifold.size)));
  return Array.from({ length: manifold.dimension }, (_, i) => columns.map((column) => column[i]!));
}

test('A⁺ has rows of length 1 and entries uniform about 0', () => {
  const rows = rowsOf(drawManifold(1, 0, 5, 3000));
  for (const row of rows) {
    expect(Math.hypot(...row)).toBeCloseTo(1, 12);
    expect(Math.abs(row.reduce((sum, v) => sum + v, 0))).toBeLessThan(4);
    // U(−b, b) has variance b²/3.
    expect(Math.max(...row.map(Math.abs)) / Math.sqrt(3 / 3000)).toBeCloseTo(1, 1);
  }
  expect(new Set(rows.flat()).size).toBeGreaterThan(10_000);
});

test('A is the pseudo-inverse of A⁺: A⁺A = I, and Aᵧ is the shortest of all that A⁺ takes to y', () => {
  // 2,100 columns are three strips; 40 rows are far from orthogonal.
  const manifold = drawManifold(3, 1, 40, 2100);
  const y = vector(1, 40);
  const z = new Float64Array(2100);
  lift(manifold, new Float64Array(2100), y, z);
  for (const [i, yi] of project(manifold, z).entries()) expect(yi).toBeCloseTo(y[i]!, 10);
  // The shortest lies in the span of the rows: nothing that A⁺ takes to 0 is along it.
  const other = vector(2, 2100);
  const within = new Float64Array(2100);
  lift(manifold, new Float64Array(2100), project(manifold, other), within);
  const along = z.reduce((sum, zi, i) => sum + zi * (other[i]! - within[i]!), 0);
  expect(Math.abs(along)).toBeLessThan(1e-9);
});

test('seeds and repeats give different subspaces, and the same ones again', () => {
  const words = (seed: number, repeat: number) => drawManifold(seed, repeat, 2, 10).words.join();
  expect(new Set([words(1, 0), words(1, 1), words(2, 0)]).size).toBe(3);
  expect(words(1, 1)).toBe(words(1, 1));
});

test('more directions than weights are refused', () => {
  expect(() => drawManifold(1, 0, 8, 7)).toThrow('linearly dependent');
});

test('the metric in the subspace: gradient Aᵀ∇f, box ε(|A⁺w| + 1), from y = 0', async () => {
  const n = 300;
  const w = vector(4, n);
  const slope = vector(5, n);
  const linear: ObjectiveFunction = async (x, gradient) => {
    gradient.set(slope);
    return x.reduce((sum, xi, i) => sum + slope[i]! * (xi - w[i]!), 1);
  };
  const manifold = drawManifold(1, 0, 6, n);
  const space = manifoldSpace(linear, w, manifold, 0.01);
  expect([...space.center]).toEqual([0, 0, 0, 0, 0, 0]);
  for (const [i, y] of project(manifold, w).entries()) {
    expect(space.box.upper[i]).toBeCloseTo(0.01 * (Math.abs(y) + 1), 12);
    expect(space.box.lower[i]).toBe(-space.box.upper[i]!);
  }
  const gradient = new Float64Array(6);
  expect(await space.objective(space.center, gradient)).toBe(1);
  // Of a linear function: f(w + Aeᵢ) − f(w).
  for (let i = 0; i < 6; i++) {
    expect((await space.objective(unit(i, 6), new Float64Array(6))) - 1).toBeCloseTo(gradient[i]!, 9);
  }
  const atCorner = gradient.reduce((sum, g, i) => sum + Math.abs(g) * space.box.upper[i]!, 0);
  const options = { maxIterations: 10, start: 'center', seed: 1, repeat: 0, gradient: 'exact' } as const;
  expect((await measureOnce(space, options)).sharpness).toBeCloseTo((100 * atCorner) / 2, 9);
});
