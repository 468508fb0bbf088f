import { describe, expect, test } from 'vitest';
import { denseCauchyPoint, type ModelProblem, modelChange, randomModel } from '../testing/dense-oracle.js';
import { seededRandom } from '../testing/random.js';
import { createBreakpoints } from './breakpoints.js';
import { type CauchySpace, cauchyPoint, identityCauchyPoint } from './cauchy-point.js';
import { toFrame } from './compact-matrices.js';
import { columnDots } from './vectors.js';

function createSpace(n: number, m: number): CauchySpace {
  return {
    point: new Float64Array(n),
    isActive: new Uint8Array(n),
    direction: new Float64Array(n),
    breakpoints: createBreakpoints(new Float64Array(n), new Int32Array(n)),
    c: new Float64Array(2 * m),
    p: new Float64Array(2 * m),
    w: new Float64Array(2 * m),
  };
}

function expectSamePoint(space: CauchySpace, problem: ModelProblem): void {
  const expected = denseCauchyPoint(problem);
  expect(Array.from(space.isActive, Boolean)).toEqual(expected.isActive);
  space.point.forEach((value, i) => {
    expect(value).toBeCloseTo(expected.point[i]!, 9);
  });
}

describe('the generalized Cauchy point', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const m = 1 + (seed % 5);
    const n = 2 + (seed % 11);
    test(`equals the dense definition: seed ${seed}, ${n} variables, memory ${m}`, () => {
      const problem = randomModel(seededRandom(seed), n, m, 1 + (seed % 7));
      const { x, gradient, box, memory } = problem;
      const space = createSpace(n, m);
      const t = cauchyPoint(x, gradient, box, memory, space);
      expectSamePoint(space, problem);

      // What the subspace step takes over: c in its frame, and t·direction where the point still moves.
      const z = space.point.map((value, i) => value - x[i]!);
      const c = new Float64Array(2 * m);
      columnDots(memory.y, memory.size, z, c, 0);
      columnDots(memory.s, memory.size, z, c, memory.size);
      for (let j = memory.size; j < 2 * memory.size; j++) c[j]! *= memory.theta;
      toFrame(memory, c, c);
      for (let j = 0; j < 2 * memory.size; j++) expect(space.c[j]).toBeCloseTo(c[j]!, 9);
      x.forEach((xi, i) => {
        if (space.isActive[i] === 0) expect(xi + t * space.direction[i]!).toBe(space.point[i]);
      });
      expect(modelChange(problem, z)).toBeLessThanOrEqual(0);
    });
  }

  test('with B = I it is P(x − g)', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const problem = randomModel(seededRandom(seed), 12, 1, 0);
      const point = new Float64Array(12);
      identityCauchyPoint(problem.x, problem.gradient, problem.box, point);
      const expected = denseCauchyPoint(problem).point;
      point.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 12);
      });
    }
  });

  test('breakpoints that coincide are all passed', () => {
    const problem = randomModel(seededRandom(3), 6, 2, 2);
    problem.x.fill(0);
    problem.gradient.fill(1);
    problem.box.lower.fill(-0.01);
    problem.box.upper.fill(1);
    const space = createSpace(6, 2);
    cauchyPoint(problem.x, problem.gradient, problem.box, problem.memory, space);
    expectSamePoint(space, problem);
    expect([...space.point]).toEqual(new Array(6).fill(-0.01));
  });

  test('is x itself where no variable can move', () => {
    const problem = randomModel(seededRandom(4), 3, 2, 2);
    problem.box.lower.set(problem.x);
    problem.box.upper.set(problem.x);
    const space = createSpace(3, 2);
    expect(cauchyPoint(problem.x, problem.gradient, problem.box, problem.memory, space)).toBe(0);
    expect(space.point).toEqual(problem.x);
    expect([...space.isActive]).toEqual([1, 1, 1]);
  });
});
