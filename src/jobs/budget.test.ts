import { describe, expect, test } from 'vitest';
import { loadConfigs } from '../config/load.js';
import { resolveRuns } from '../config/resolve.js';
import { parseDuration, timeOf, withinBudget } from './budget.js';

const [config] = await loadConfigs('configs/f1-lb.yaml', { set: ['noise.a=0.01'] });
const specs = resolveRuns(config!, { seeds: [1, 2, 3], methods: ['baseline', 'smoothout'] });
/** Baseline's seeds 1, 2, 3, then SmoothOut's. */
const planned = (...seconds: number[]) => specs.map((spec, i) => ({ spec, seconds: seconds[i]! }));
const names = (runs: ReturnType<typeof planned>) => runs.map(({ spec }) => `${spec.method.label} ${spec.seed}`);

describe('withinBudget', () => {
  test('takes cells in turn, those with the fewest finished seeds first', () => {
    expect(names(withinBudget(planned(10, 10, 10, 10, 10, 10), 40, 1))).toEqual([
      'baseline 1',
      'smoothout 1',
      'baseline 2',
      'smoothout 2',
    ]);
    expect(names(withinBudget(planned(0, 0, 10, 10, 10, 10), 30, 1))).toEqual([
      'smoothout 1',
      'smoothout 2',
      'baseline 3',
    ]);
  });

  test('leaves out what does not fit, and nothing else', () => {
    expect(names(withinBudget(planned(50, 10, 10, 50, 50, 10), 30, 1))).toEqual([
      'baseline 2',
      'smoothout 3',
      'baseline 3',
    ]);
    expect(withinBudget(planned(50, 50, 50, 50, 50, 50), 30, 1)).toEqual([]);
  });

  test('counts what runs at once', () => {
    expect(withinBudget(planned(10, 10, 10, 10, 10, 10), 20, 3)).toHaveLength(6);
    expect(withinBudget(planned(10, 10, 10, 10, 10, 10), 19, 3)).toHaveLength(3);
  });
});

test('timeOf: a job takes the next as soon as it is free', () => {
  expect(timeOf(planned(30, 10, 10, 10, 5, 5), 2)).toBe(35);
  expect(timeOf([], 2)).toBe(0);
});

test('parseDuration', () => {
  expect(['90min', '3h', '1.5d'].map(parseDuration)).toEqual([5400, 10_800, 129_600]);
  for (const text of ['3', 'h', '0h', '-1h', '3 h', '3w']) {
    expect(() => parseDuration(text)).toThrow(`--budget ${text}: expected a time such as 90min, 3h or 1.5d`);
  }
});
