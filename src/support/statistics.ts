/** Statistics over seeds and runs: grouping, means with their intervals. */
import { studentQuantile } from './student-t.js';

/** The items by the key of each, keys and items in the order they first appear. (Map.groupBy is not in Node.js 20.) */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

const CONFIDENCE = 0.95;

/** A mean and the half-width of its 95 % Student-t interval; one value has no interval. */
export interface Estimate {
  readonly mean: number;
  readonly ci95: number | null;
  readonly n: number;
}

/** A difference of two means. `paired`: over the same seeds on both sides; otherwise Welch's interval. */
export interface Difference extends Estimate {
  readonly paired: boolean;
}

/** Values by seed: what one cell of a table is made of. */
export type BySeed = ReadonlyMap<number, number>;

/** The arithmetic mean; NaN of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The unbiased sample variance, Σ(x − x̄)² / (n − 1). */
function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/** s/√n of the mean. */
export function standardError(values: readonly number[]): number {
  return Math.sqrt(varianceOf(values) / values.length);
}

/** Mean ± t(0.975, n − 1)·s/√n, or null for no values. */
export function estimate(values: readonly number[]): Estimate | null {
  const n = values.length;
  if (n === 0) return null;
  const ci95 = n === 1 ? null : studentQuantile(CONFIDENCE, n - 1) * standardError(values);
  return { mean: meanOf(values), ci95, n };
}

/**
 * left − right with its 95 % interval, or null where a side is empty.
 *
 * The same seeds on both sides start from the same parameters and see the same batches, so their differences are taken
 * seed by seed (paired t). Otherwise the sides are independent samples with variances of their own: Welch's interval with
 * the Welch–Satterthwaite degrees of freedom, and n is the smaller side's.
 */
export function difference(left: BySeed, right: BySeed): Difference | null {
  if (left.size === 0 || right.size === 0) return null;
  const differences = [...left].flatMap(([seed, value]) => {
    const other = right.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const paired = estimate(differences);
  if (paired?.n === left.size && left.size === right.size) return { ...paired, paired: true };
  const [ofLeft, ofRight] = [[...left.values()], [...right.values()]];
  const mean = meanOf(ofLeft) - meanOf(ofRight);
  const n = Math.min(left.size, right.size);
  if (n === 1) return { mean, ci95: null, n, paired: false };
  const [squareLeft, squareRight] = [varianceOf(ofLeft) / left.size, varianceOf(ofRight) / right.size];
  const square = squareLeft + squareRight;
  if (square === 0) return { mean, ci95: 0, n, paired: false };
  const degrees = square ** 2 / (squareLeft ** 2 / (left.size - 1) + squareRight ** 2 / (right.size - 1));
  return { mean, ci95: studentQuantile(CONFIDENCE, degrees) * Math.sqrt(square), n, paired: false };
}

/** The difference over the seeds that both sides have, seed by seed, where these are two or more; else as `difference`. */
export function sharedDifference(left: BySeed, right: BySeed): Difference | null {
  const within = (side: BySeed, other: BySeed): BySeed => new Map([...side].filter(([seed]) => other.has(seed)));
  const shared = within(left, right);
  return shared.size < 2 ? difference(left, right) : difference(shared, within(right, left));
}
