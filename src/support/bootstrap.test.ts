import { expect, test } from 'vitest';
import { bootstrapInterval } from './bootstrap.js';
import { normal } from './random.js';
import { meanOf } from './statistics.js';

const values = [...normal({ seed: 2, purpose: 'test' }, 60)];
const meanOfSample = (sample: Uint32Array) => meanOf([...sample].map((i) => values[i]!));

test('of a mean it is about ± 1.96 standard errors, and the same every time', () => {
  const { low, high } = bootstrapInterval(60, meanOfSample)!;
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  expect((high - low) / ((2 * 1.96 * deviation) / Math.sqrt(60))).toBeCloseTo(1, 1);
  expect(low).toBeLessThan(mean);
  expect(high).toBeGreaterThan(mean);
  expect(bootstrapInterval(60, meanOfSample)).toEqual({ low, high });
});

test('of a statistic that most samples do not have there is none', () => {
  expect(bootstrapInterval(3, () => null)).toBeNull();
  expect(bootstrapInterval(3, () => 7)).toEqual({ low: 7, high: 7 });
});
