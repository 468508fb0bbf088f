/** Intervals by the bootstrap: the same numbers every time, since what is drawn depends on the counters alone. */
import { at } from './at.js';
import { integers } from './random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;
const TAIL = 0.025;

/** Items in a sample at most: what a statistic costs often grows with their square. */
const LARGEST_SAMPLE = 100;

/**
 * The 95 % percentile interval of a statistic of n items: `statisticOf` is given the items of each of 1000 samples, drawn
 * with replacement. Of more than 100 items samples have m = 100, and lie √(n/m) times as far from `value`, the statistic of
 * all n, as the interval's ends do (the m out of n bootstrap). null where the statistic is not defined for half of the
 * samples or more.
 */
export function bootstrapInterval(
  n: number,
  value: number,
  statisticOf: (sample: Uint32Array) => number | null,
): Interval | null {
  const m = Math.min(n, LARGEST_SAMPLE);
  const values = Array.from({ length: RESAMPLES }, (_, step) =>
    statisticOf(integers({ seed: 1, purpose: 'bootstrap', step }, m, n)),
  ).filter((value) => value !== null);
  if (values.length <= RESAMPLES / 2) return null;
  values.sort((a, b) => a - b);
  const end = (share: number) => {
    const found = quantile(values, share);
    return m === n ? found : value + (found - value) * Math.sqrt(m / n);
  };
  return { low: end(TAIL), high: end(1 - TAIL) };
}

/** Between the two sorted values that stand beside it, linearly. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [at(sorted, below), at(sorted, Math.min(below + 1, sorted.length - 1))];
  return low + (place - below) * (high - low);
}
