/** Intervals by the bootstrap: the same numbers every time, since what is drawn depends on the counters alone. */
import { at } from './at.js';
import { integers } from './random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;
const TAIL = 0.025;

/**
 * The 95 % percentile interval of a statistic of n items: `statisticOf` is given the items of each of 1000 samples, drawn
 * with replacement. null where it is not defined for half of them or more.
 */
export function bootstrapInterval(n: number, statisticOf: (sample: Uint32Array) => number | null): Interval | null {
  const values = Array.from({ length: RESAMPLES }, (_, step) =>
    statisticOf(integers({ seed: 1, purpose: 'bootstrap', step }, n, n)),
  ).filter((value) => value !== null);
  if (values.length <= RESAMPLES / 2) return null;
  values.sort((a, b) => a - b);
  return { low: quantile(values, TAIL), high: quantile(values, 1 - TAIL) };
}

/** Between the two sorted values that stand beside it, linearly. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [at(sorted, below), at(sorted, Math.min(below + 1, sorted.length - 1))];
  return low + (place - below) * (high - low);
}
