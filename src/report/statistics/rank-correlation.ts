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
