import { describe, expect, test } from 'vitest';
import { cauchyPoint, createCauchySpace } from './cauchy-point.js';
import { createFreeSet, type FreeSet, updateFreeSet } from './free-set.js';
import { createReducedMatrix, factorReducedMatrix, type ReducedMatrix, updateReducedMatrix } from './reduced-matrix.js';
import { minimizeOverFreeVariables } from './subspace.js';
import {
  denseCauchyPoint,
  denseNewtonPoint,
  type ModelProblem,
  modelChange,
  randomModel,
} from './testing/dense-oracle.js';
import { seededRandom } from './testing/random.js';
import type { IndexRange } from './vectors.js';

/** The point the line search would head for. */
function subspacePoint(problem: ModelProblem, set: FreeSet, reduced: ReducedMatrix): Float64Array {
  const { x, gradient, box, memory } = problem;
  const n = x.length;
  const space = createCauchySpace(memory.capacity, new Float64Array(n), new Int32Array(n));
  const t = cauchyPoint(x, gradient, box, memory, space);
  updateFreeSet(set, space.isActive);
  updateReducedMatrix(reduced, memory, set);
  expect(factorReducedMatrix(reduced, memory)).toBe(true);
  minimizeOverFreeVariables({ x, gradient, box, memory, set, reduced, space, t, newton: new Float64Array(n) });
  return space.point;
}

/** Projection first; where it leads uphill, the step truncated at the first bound (Morales and Nocedal 2011). */
function densePoint(problem: ModelProblem): { point: number[]; truncated: boolean } {
  const { x, gradient, box } = problem;
  const { point: cauchy, isActive } = denseCauchyPoint(problem);
  const newton = denseNewtonPoint(
    problem,
    cauchy,
    isActive.map((active) => !active),
  );
  const projected = newton.map((v, i) => Math.min(Math.max(v, box.lower[i]!), box.upper[i]!));
  const slope = projected.reduce((sum, v, i) => sum + (v - x[i]!) * gradient[i]!, 0);
  if (slope <= 0) return { point: projected, truncated: false };
  let alpha = 1;
  newton.forEach((v, i) => {
    const d = v - cauchy[i]!;
    if (d > 0) alpha = Math.min(alpha, (box.upper[i]! - cauchy[i]!) / d);
    if (d < 0) alpha = Math.min(alpha, (box.lower[i]! - cauchy[i]!) / d);
  });
  return { point: cauchy.map((v, i) => v + alpha * (newton[i]! - v)), truncated: true };
}

describe('the subspace step', () => {
  test('equals the dense projected Newton step, truncated where that leads uphill', () => {
    let truncations = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const m = 1 + (seed % 5);
      const n = 3 + (seed % 9);
      const problem = randomModel(seededRandom(1000 + seed), n, m, 1 + (seed % 7), seed % 2 === 0);
      const expected = densePoint(problem);
      const set = createFreeSet(n, new Int32Array(n));
      const reduced = createReducedMatrix(m);
      // As if the memory's pairs had come one at a time: the last is new, the others are already accounted for.
      fillReduced(problem, set, reduced);
      const point = subspacePoint(problem, set, reduced);
      if (expected.truncated) truncations++;
      point.forEach((value, i) => {
        expect(Math.abs(value - expected.point[i]!), `seed ${seed}, variable ${i}`).toBeLessThan(1e-8);
      });
      const z = point.map((value, i) => value - problem.x[i]!);
      if (!expected.truncated) continue;
      expect(modelChange(problem, z)).toBeLessThanOrEqual(1e-12);
    }
    expect(truncations).toBeGreaterThan(0);
  });
});

/** Takes the memory's pairs in one after another, each with another free set, so that corrections are exercised. */
function fillReduced(problem: ModelProblem, set: FreeSet, reduced: ReducedMatrix): void {
  const { memory } = problem;
  const { size, updates } = memory;
  for (let k = 1; k < size; k++) {
    const isActive = set.isFree.map((_, i) => ((i + k) % 3 === 0 ? 1 : 0));
    updateFreeSet(set, isActive);
    memory.size = k;
    memory.updates = k;
    updateReducedMatrix(reduced, memory, set);
  }
  memory.size = size;
  // The last pair counts as the size-th, without a shift: the pairs before it are the ones just taken in.
  memory.updates = Math.min(updates, size);
}

const listed = ({ indices, begin, end }: IndexRange): number[] =>
  [...indices.subarray(begin, end)].sort((a, b) => a - b);
const listing = (set: FreeSet): number[][] => [set.free, set.active, set.entering, set.leaving].map(listed);

test('a free set lists who is free and who changed sides', () => {
  const set = createFreeSet(5, new Int32Array(5));
  expect(listing(set)).toEqual([[0, 1, 2, 3, 4], [], [], []]);
  updateFreeSet(set, Uint8Array.of(0, 1, 0, 1, 0));
  expect(listing(set)).toEqual([[0, 2, 4], [1, 3], [], [1, 3]]);
  updateFreeSet(set, Uint8Array.of(1, 1, 0, 0, 0));
  expect(listing(set)).toEqual([[2, 3, 4], [0, 1], [3], [0]]);
  updateFreeSet(set, Uint8Array.of(1, 1, 0, 0, 0));
  expect(listing(set)).toEqual([[2, 3, 4], [0, 1], [], []]);
  updateFreeSet(set, Uint8Array.of(1, 1, 1, 1, 1));
  expect(listing(set)).toEqual([[], [0, 1, 2, 3, 4], [], [2, 3, 4]]);
});
