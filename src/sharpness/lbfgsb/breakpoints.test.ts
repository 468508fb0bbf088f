import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/random.js';
import { addBreakpoint, createBreakpoints, settleBreakpoint } from './breakpoints.js';

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
