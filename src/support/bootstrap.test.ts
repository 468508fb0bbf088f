import { expect, test } from 'vitest';
import { bootstrapInterval } from './bootstrap.js';
import { normal } from './random.js';
import { meanOf } from './statistics.js';

const values = [...normal({ seed: 2, purpose: 'test' }, 60)];
const meanOfSample = (sample: Uint32Array) => meanOf([...sample].map((i) => values[i]!));

test('of a mean it is about ± 1.96 standard errors, and the same every time', () => {
  const { low, high } = bootstrapInterval(60, meanOf(values), meanOfSample)!;
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  expect((high - low) / ((2 * 1.96 * deviation) / Math.sqrt(60))).toBeCloseTo(1, 1);
  expect(low).toBeLessThan(mean);
  expect(high).toBeGreaterThan(mean);
  expect(bootstrapInterval(60, meanOf(values), meanOfSample)).toEqual({ low, high });
});

test('of a statistic that most samples do not have there is none', () => {
  expect(bootstrapInterval(3, 7, () => null)).toBeNull();
  expect(bootstrapInterval(3, 7, () => 7)).toEqual({ low: 7, high: 7 });
});

test('of many items it comes from samples of 100, and is as narrow as for all of them', () => {
  const many = [...normal({ seed: 3, purpose: 'test' }, 5000)];
  const mean = meanOf(many);
  const sizes = new Set<number>();
  const { low, high } = bootstrapInterval(5000, mean, (sample) => {
    sizes.add(sample.length);
    return meanOf([...sample].map((i) => many[i]!));
  })!;
  expect([...sizes]).toEqual([100]);
  // A thousand samples give the ends to some hundredths of the width.
  expect(Math.abs((high - low) / ((2 * 1.96) / Math.sqrt(5000)) - 1)).toBeLessThan(0.1);
  expect((low + high) / 2).toBeCloseTo(mean, 2);
});
