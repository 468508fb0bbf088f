/** Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations. */

export interface SymmetricEigen {
  /** Largest in size first. */
  readonly values: number[];
  /** `vectors[i]` is the unit eigenvector of `values[i]`. */
  readonly vectors: number[][];
}

/**
 * Cyclic Jacobi (Golub & Van Loan, Matrix Computations, section 8.5): rotations make one pair of entries off the diagonal
 * zero after another, until all are zero beside the diagonal. Slower than QL and as accurate as rounding allows; the
 * matrices here have some dozens of rows.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, i) => Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)));
  const size = Math.hypot(...a.flat());
  for (let rotated = true; rotated; ) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) <= Number.EPSILON * 1e-3 * size) continue;
        rotated = true;
        rotate(a, vectors, p, q);
      }
    }
  }
  const order = a.map((_, i) => i).sort((i, j) => Math.abs(a[j]![j]!) - Math.abs(a[i]![i]!));
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => vectors[i]!) };
}

/** a ← RᵀaR with the rotation of axes p and q that makes a[p][q] zero; the rows of `vectors` turn with them. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const [rowP, rowQ] = [a[p]!, a[q]!];
  const tau = (rowQ[q]! - rowP[p]!) / (2 * rowP[q]!);
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (const row of a) {
    const [first, second] = [row[p]!, row[q]!];
    row[p] = c * first - s * second;
    row[q] = s * first + c * second;
  }
  turn(rowP, rowQ, c, s);
  turn(vectors[p]!, vectors[q]!, c, s);
  rowP[q] = 0;
  rowQ[p] = 0;
}

function turn(first: number[], second: number[], c: number, s: number): void {
  for (let k = 0; k < first.length; k++) {
    const [x, y] = [first[k]!, second[k]!];
    first[k] = c * x - s * y;
    second[k] = s * x + c * y;
  }
}
