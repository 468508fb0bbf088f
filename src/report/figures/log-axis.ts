/** 1, 2 and 5 times the powers of ten below. */
function nice(exponent: number, factors: readonly number[]): number[] {
  return factors.map((factor) => Number(`${factor}e${exponent}`));
}

/**
 * The labelled values of a logarithmic axis over `values`: powers of ten, every second or third of them where there would
 * be more than eight, and 1–2–5 steps where the data span less than two decades. The first and the last enclose the data,
 * so they are the axis's domain as well. Empty for no positive finite value.
 */
export function logTicks(values: readonly (number | null)[]): number[] {
  const positive = values.filter((value): value is number => value !== null && value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [];
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const value of positive) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  const first = Math.floor(Math.log10(least));
  const last = Math.ceil(Math.log10(greatest));
  if (last - first <= 2) {
    const all = Array.from({ length: last - first + 2 }, (_, i) => nice(first + i, [1, 2, 5])).flat();
    const from = all.findLastIndex((tick) => tick <= least);
    const to = all.findIndex((tick) => tick >= greatest);
    // One value, exactly on a tick, still needs an axis of some length.
    return all.slice(from, Math.max(to, from + 1) + 1);
  }
  const stride = Math.ceil((last - first) / 8);
  const decades = Math.ceil((last - first) / stride);
  return Array.from({ length: decades + 1 }, (_, i) => Number(`1e${first + i * stride}`));
}
