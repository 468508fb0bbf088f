/** Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations. */
import { entries, type Matrix, squareMatrix } from '../lbfgsb/matrix.js';
import { at } from '../support/at.js';

const { entry, setEntry } = entries;

/**
 * Cyclic Jacobi (Golub & Van Loan, Matrix Computations, section 8.5): rotations make one pair of entries off the diagonal
 * zero after another, until all are zero beside the diagonal. Slower than QL and as accurate as rounding allows; the
 * matrices here have some dozens of rows.
 *
 * @returns the eigenvalues, largest in size first; `vectors[i]` is the unit eigenvector of `values[i]`.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]) {
  const n = matrix.length;
  const [a, vectors] = [squareMatrix(n), squareMatrix(n)];
  for (const [i, row] of matrix.entries()) {
    at(a, i).set(row);
    setEntry(vectors, i, i, 1);
  }
  const size = Math.hypot(...a.flatMap((row) => [...row]));
  for (let rotated = true; rotated; ) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(entry(a, p, q)) <= Number.EPSILON * 1e-3 * size) continue;
        rotated = true;
        rotate(a, vectors, p, q);
      }
    }
  }
  const order = [...matrix.keys()].sort((i, j) => Math.abs(entry(a, j, j)) - Math.abs(entry(a, i, i)));
  return {
    values: order.map((i) => entry(a, i, i)),
    vectors: order.map((i) => [...at(vectors, i)]),
  };
}

/** The rows of a symmetric tridiagonal matrix, of the numbers on its diagonal and those beside it. */
export function tridiagonal(diagonal: readonly number[], beside: readonly number[]): number[][] {
  return diagonal.map((d, i) =>
    diagonal.map((_, j) => (i === j ? d : Math.abs(i - j) === 1 ? at(beside, Math.min(i, j)) : 0)),
  );
}

/** a ← RᵀaR with the rotation of axes p and q that makes a[p][q] zero; the rows of `vectors` turn with them. */
function rotate(a: Matrix, vectors: Matrix, p: number, q: number): void {
  const tau = (entry(a, q, q) - entry(a, p, p)) / (2 * entry(a, p, q));
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let i = 0; i < a.length; i++) {
    const [first, second] = [entry(a, i, p), entry(a, i, q)];
    setEntry(a, i, p, c * first - s * second);
    setEntry(a, i, q, s * first + c * second);
  }
  turnRows(a, p, q, c, s);
  turnRows(vectors, p, q, c, s);
  setEntry(a, p, q, 0);
  setEntry(a, q, p, 0);
}

function turnRows(a: Matrix, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < a.length; k++) {
    const [first, second] = [entry(a, p, k), entry(a, q, k)];
    setEntry(a, p, k, c * first - s * second);
    setEntry(a, q, k, s * first + c * second);
  }
}
