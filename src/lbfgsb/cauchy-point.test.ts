import { describe, expect, test } from 'vitest';
import {
  addBreakpoint,
  type CauchySpace,
  cauchyPoint,
  createBreakpoints,
  createCauchySpace,
  identityCauchyPoint,
  settleBreakpoint,
} from './cauchy-point.js';
import { toFrame } from './compact-matrices.js';
import { denseCauchyPoint, type ModelProblem, modelChange, randomModel } from './testing/dense-oracle.js';
import { seededRandom } from './testing/random.js';
import { columnDots } from './vectors.js';

function createSpace(n: number, m: number): CauchySpace {
  return createCauchySpace(m, new Float64Array(n), new Int32Array(n));
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

function settleAll(times: number[], count = times.length): { times: number[]; variables: number[] } {
  const breakpoints = createBreakpoints(new Float64Array(times.length), new Int32Array(times.length));
  times.forEach((time, i) => {
    addBreakpoint(breakpoints, time, i);
  });
  expect(breakpoints.smallest).toBe(Math.min(...times));
  const settled = Array.from({ length: count }, (_, k) => settleBreakpoint(breakpoints, k));
  return { times: settled, variables: [...breakpoints.variables].slice(0, count) };
}

describe('breakpoints', () => {
  const random = seededRandom(1);
  const cases: Record<string, number[]> = {
    one: [3],
    two: [2, 1],
    'in order': Array.from({ length: 100 }, (_, i) => i),
    'in reverse': Array.from({ length: 100 }, (_, i) => -i),
    'all equal': new Array<number>(500).fill(0.25),
    'few distinct': Array.from({ length: 500 }, (_, i) => (i * 7) % 3),
    shuffled: Array.from({ length: 1000 }, random),
    'organ pipe': Array.from({ length: 200 }, (_, i) => Math.min(i, 199 - i)),
  };
  for (const [name, times] of Object.entries(cases)) {
    test(`come smallest first, each with its variable: ${name}`, () => {
      const settled = settleAll(times);
      expect(settled.times).toEqual([...times].sort((a, b) => a - b));
      expect(settled.variables.map((variable) => times[variable])).toEqual(settled.times);
      expect([...settled.variables].sort((a, b) => a - b)).toEqual(times.map((_, i) => i));
    });
  }

  test('the first few are right when the rest is never asked for', () => {
    const times = Array.from({ length: 2000 }, random);
    expect(settleAll(times, 5).times).toEqual([...times].sort((a, b) => a - b).slice(0, 5));
  });
});
