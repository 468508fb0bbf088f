/**
 * Cholesky factors and triangular systems of order at most 2m. A matrix is the upper triangle of a row-major block
 * that starts at `start` and whose rows are `stride` numbers apart.
 */

/** Overwrites the upper triangle of a positive definite A with U, A = UᵀU; false where A is not positive definite. */
export function choleskyUpper(a: Float64Array, start: number, stride: number, order: number): boolean {
  for (let j = 0; j < order; j++) {
    let pivot = a[start + j * stride + j]!;
    for (let i = 0; i < j; i++) {
      let t = a[start + i * stride + j]!;
      for (let k = 0; k < i; k++) t -= a[start + k * stride + i]! * a[start + k * stride + j]!;
      t /= a[start + i * stride + i]!;
      a[start + i * stride + j] = t;
      pivot -= t * t;
    }
    if (!(pivot > 0)) return false;
    a[start + j * stride + j] = Math.sqrt(pivot);
  }
  return true;
}

/** v[at..at+order) ← U⁻ᵀ v */
export function solveUpperTransposed(
  u: Float64Array,
  start: number,
  stride: number,
  order: number,
  v: Float64Array,
  at: number,
): void {
  for (let i = 0; i < order; i++) {
    let t = v[at + i]!;
    for (let k = 0; k < i; k++) t -= u[start + k * stride + i]! * v[at + k]!;
    v[at + i] = t / u[start + i * stride + i]!;
  }
}

/** v[at..at+order) ← U⁻¹ v */
export function solveUpper(
  u: Float64Array,
  start: number,
  stride: number,
  order: number,
  v: Float64Array,
  at: number,
): void {
  for (let i = order - 1; i >= 0; i--) {
    let t = v[at + i]!;
    for (let k = i + 1; k < order; k++) t -= u[start + i * stride + k]! * v[at + k]!;
    v[at + i] = t / u[start + i * stride + i]!;
  }
}
