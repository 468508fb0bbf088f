/** The largest eigenvalue of a symmetric tridiagonal matrix, and its unit eigenvector's last component (not negative). */
export interface LargestPair {
  readonly value: number;
  readonly last: number;
}

/**
 * Of the matrix with `diagonal` of k numbers and positive `offDiagonal` of k − 1: bisection on the pivots of λI − T,
 * which are all positive exactly when λ exceeds every eigenvalue.
 */
export function largestTridiagonalPair(diagonal: readonly number[], offDiagonal: readonly number[]): LargestPair {
  const beside = (i: number): number => Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0);
  // Gershgorin: no eigenvalue lies above `high`, and the largest is at least any diagonal entry.
  let high = Math.max(...diagonal.map((d, i) => d + beside(i)));
  let low = Math.max(...diagonal);
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (pivots(diagonal, offDiagonal, middle).every((pivot) => pivot > 0)) high = middle;
    else low = middle;
  }

  return { value: high, last: lastComponent(diagonal, offDiagonal, high) };
}

/**
 * Of the eigenvector, by twisted factorisation: eliminate from both ends towards the row where what is left is nearest
 * to zero, and substitute back outwards, where nothing cancels.
 */
function lastComponent(diagonal: readonly number[], offDiagonal: readonly number[], value: number): number {
  const k = diagonal.length;
  const fromStart = pivots(diagonal, offDiagonal, value);
  const fromEnd = pivots([...diagonal].reverse(), [...offDiagonal].reverse(), value).reverse();
  const left = diagonal.map((d, i) => Math.abs(fromStart[i]! + fromEnd[i]! - (value - d)));
  const twist = left.indexOf(Math.min(...left));
  const s = new Array<number>(k).fill(0);
  s[twist] = 1;
  for (let i = twist - 1; i >= 0; i--) s[i] = (offDiagonal[i]! * s[i + 1]!) / fromStart[i]!;
  for (let i = twist + 1; i < k; i++) s[i] = (offDiagonal[i - 1]! * s[i - 1]!) / fromEnd[i]!;
  return Math.abs(s[k - 1]!) / Math.hypot(...s);
}

/** Of Gaussian elimination on λI − T from its first row on. */
function pivots(diagonal: readonly number[], offDiagonal: readonly number[], lambda: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < diagonal.length; i++) {
    const carried = i === 0 ? 0 : offDiagonal[i - 1]! ** 2 / result[i - 1]!;
    result.push(lambda - diagonal[i]! - carried);
  }
  return result;
}
