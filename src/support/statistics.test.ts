import { describe, expect, test } from 'vitest';
import { type BySeed, difference, estimate, sharedDifference } from './statistics.js';

const bySeed = (values: readonly number[], first = 1): BySeed => new Map(values.map((value, i) => [first + i, value]));

describe('a mean and its 95 % interval', () => {
  test('no value, no estimate; one value, no interval', () => {
    expect(estimate([])).toBeNull();
    expect(estimate([98.5])).toEqual({ mean: 98.5, ci95: null, n: 1 });
  });

  // scipy.stats.t.ppf(.975, 4) * x.std(ddof=1) / 5**.5
  test('five seeds as SciPy has them', () => {
    const result = estimate([98.4, 98.5, 98.45, 98.52, 98.3])!;
    expect(result.mean).toBeCloseTo(98.434, 10);
    expect(result.ci95).toBeCloseTo(0.1095201140837015, 10);
    expect(result.n).toBe(5);
  });
});

describe('a difference of means', () => {
  const left = [98.4, 98.5, 98.45, 98.52, 98.3];
  const right = [98.1, 98.3, 98.2, 98.2, 98.15];

  test('the same seeds are paired, whatever their order', () => {
    const reversed = new Map([...bySeed(right)].reverse());
    const result = difference(bySeed(left), reversed)!;
    expect(result).toMatchObject({ n: 5, paired: true });
    expect(result.mean).toBeCloseTo(0.244, 10);
    expect(result.ci95).toBeCloseTo(0.08718214472165113, 10);
  });

  test('other seeds: Welch, with fractional degrees of freedom', () => {
    const result = difference(bySeed([1, 2, 4, 9]), bySeed([2, 2.5, 3]))!;
    expect(result).toMatchObject({ mean: 1.5, n: 3, paired: false });
    expect(result.ci95).toBeCloseTo(5.579443525670282, 9);
  });

  test('equally many but different seeds are not paired', () => {
    expect(difference(bySeed(left), bySeed(right, 11))!.paired).toBe(false);
  });

  test('over the seeds that both sides have', () => {
    const three = bySeed([1, 2, 4]);
    expect(sharedDifference(bySeed([2, 3.5, 5, 90]), three)).toEqual(difference(bySeed([2, 3.5, 5]), three));
    expect(sharedDifference(bySeed([1, 2, 4], 3), three)).toEqual(difference(bySeed([1, 2, 4], 3), three));
  });

  test('a side with one seed gives a difference without an interval', () => {
    expect(difference(bySeed([5]), bySeed([3, 4]))).toEqual({ mean: 1.5, ci95: null, n: 1, paired: false });
  });

  test('an empty side gives nothing; constant sides an interval of zero', () => {
    expect(difference(bySeed([]), bySeed([1]))).toBeNull();
    expect(difference(bySeed([2, 2]), bySeed([1, 1, 1]))).toEqual({ mean: 1, ci95: 0, n: 2, paired: false });
  });
});
