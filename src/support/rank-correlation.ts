/** Rank correlations of two samples, with their ties. */

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

/**
 * Kendall's τ-b of two samples of equal length: concordant less discordant pairs, over √((n₀ − n₁)(n₀ − n₂)) for n₀ pairs of
 * which n₁ and n₂ are tied on a side. null where it is not defined, as for Spearman's.
 */
export function kendall(x: readonly number[], y: readonly number[]): number | null {
  const n = x.length;
  if (n < 3) return null;
  let [balance, untiedX, untiedY] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      balance += dx * dy;
      untiedX += Math.abs(dx);
      untiedY += Math.abs(dy);
    }
  }
  const scale = Math.sqrt(untiedX * untiedY);
  return scale === 0 ? null : balance / scale;
}
