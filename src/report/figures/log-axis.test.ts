import { expect, test } from 'vitest';
import { logTicks } from './log-axis.js';

test.each<[string, (number | null)[], number[]]>([
  ['powers of ten over several decades', [0.003, 70], [0.001, 0.01, 0.1, 1, 10, 100]],
  ['1–2–5 within two decades', [0.3, 1.5], [0.2, 0.5, 1, 2]],
  ['every second power over many', [1e-12, 1], [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]],
  ['a single value', [1], [1, 2]],
  ['a single value between ticks', [3], [2, 5]],
  ['nothing that is not positive and finite', [0, -1, null, Number.NaN, Number.POSITIVE_INFINITY], []],
])('%s', (_, values, expected) => {
  expect(logTicks(values)).toEqual(expected);
});

test('the ticks enclose the data, for any span', () => {
  for (let span = 0; span < 40; span++) {
    const values = [1.7e-9, 1.7e-9 * 10 ** (span / 2)];
    const ticks = logTicks(values);
    expect(ticks[0]).toBeLessThanOrEqual(values[0]!);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(values[1]!);
    expect(ticks.length).toBeLessThanOrEqual(9);
  }
});
