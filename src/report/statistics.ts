/** Statistics over seeds and runs: grouping, means with their intervals, rank correlation. */

/** The items by the key of each, keys and items in the order they first appear. (Map.groupBy is not in Node.js 20.) */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
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

/** Mean ± t(0.975, n − 1)·s/√n, or null for no values. */
export function estimate(values: readonly number[]): Estimate | null {
  const n = values.length;
  if (n === 0) return null;
  const ci95 = n === 1 ? null : studentQuantile(CONFIDENCE, n - 1) * Math.sqrt(varianceOf(values) / n);
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
  if (left.size === right.size && [...left.keys()].every((seed) => right.has(seed))) {
    const differences = [...left].map(([seed, value]) => value - right.get(seed)!);
    return { ...estimate(differences)!, paired: true };
  }
  const sides = [[...left.values()], [...right.values()]];
  const mean = meanOf(sides[0]!) - meanOf(sides[1]!);
  const n = Math.min(left.size, right.size);
  if (n === 1) return { mean, ci95: null, n, paired: false };
  const squares = sides.map((values) => varianceOf(values) / values.length);
  const square = squares[0]! + squares[1]!;
  if (square === 0) return { mean, ci95: 0, n, paired: false };
  const degrees = square ** 2 / (squares[0]! ** 2 / (left.size - 1) + squares[1]! ** 2 / (right.size - 1));
  return { mean, ci95: studentQuantile(CONFIDENCE, degrees) * Math.sqrt(square), n, paired: false };
}

/** Lanczos coefficients for g = 7, n = 9 (Godfrey): ln Γ to about 1e-15 relative for positive arguments. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x ≥ 0.5, which is all a t distribution asks for. */
function logGamma(x: number): number {
  const shifted = x - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (shifted + i);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / Math.max(Math.abs(1 - ((a + b) * x) / (a + 1)), tiny);
  let value = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const coefficient of [even, odd]) {
      d = 1 + coefficient * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + coefficient / c;
      if (Math.abs(c) < tiny) c = tiny;
      factor = c * d;
      value *= factor;
    }
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

/** The regularised incomplete beta function I_x(a, b). */
function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast only below the mean of the beta distribution; above it, use the symmetry.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** P(|T| > t) of Student's t distribution with `degrees` degrees of freedom (any positive number; Welch's are fractional). */
export function studentTwoSidedTail(t: number, degrees: number): number {
  return regularisedBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/**
 * The t with P(|T| ≤ t) = confidence: the factor of a two-sided confidence interval. For 0.95 and 4 degrees of freedom, 2.776….
 *
 * @throws RangeError for a confidence outside (0, 1) or degrees of freedom that are not positive: a caller's mistake.
 */
export function studentQuantile(confidence: number, degrees: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must lie in (0, 1), got ${confidence}`);
  if (!(degrees > 0)) throw new RangeError(`degrees of freedom must be positive, got ${degrees}`);
  const tail = 1 - confidence;
  let low = 0;
  let high = 1;
  while (studentTwoSidedTail(high, degrees) > tail) {
    low = high;
    high *= 2;
  }
  // Bisection to the last bit: some 60 evaluations, and nothing that can fail to converge.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTwoSidedTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
}

/** Ranks from 1 on; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

/**
 * Spearman's rank correlation ρ of two samples of equal length: Pearson's correlation of their ranks, ties averaged.
 * null where it is not defined: fewer than three pairs, or all values of a side equal.
 */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  if (x.length < 3) return null;
  const centre = (x.length + 1) / 2;
  const left = ranks(x).map((rank) => rank - centre);
  const right = ranks(y).map((rank) => rank - centre);
  const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const scale = Math.sqrt(dot(left, left) * dot(right, right));
  return scale === 0 ? null : dot(left, right) / scale;
}
