/** Small dense matrices, row by row: their entries, Cholesky factors and triangular systems. */
import { access } from './vectors.js';

const { add, at, column } = access;

/** The rows of a square matrix; of a triangular or symmetric one only a triangle counts. */
export type Matrix = readonly Float64Array[];

export const squareMatrix = (order: number): Matrix => Array.from({ length: order }, () => new Float64Array(order));

/** The matrix without its first k rows and columns. */
export const blockFrom = (a: Matrix, k: number): Matrix => a.slice(k).map((row) => row.subarray(k));

/** aᵢⱼ */
const entry = (a: Matrix, i: number, j: number): number => at(column(a, i), j);

/** aᵢⱼ ← x */
const setEntry = (a: Matrix, i: number, j: number, x: number): void => {
  column(a, i)[j] = x;
};

/** aᵢⱼ += x */
const addEntry = (a: Matrix, i: number, j: number, x: number): void => {
  add(column(a, i), j, x);
};

/** What other modules read and write entries by, like the `access` of vectors.ts. */
export const entries = { entry, setEntry, addEntry };

/** Moves every entry up and left by one. */
export function dropFirst(a: Matrix): void {
  for (let i = 0; i + 1 < a.length; i++) column(a, i).set(column(a, i + 1).subarray(1));
}

/** Overwrites the upper triangle of a positive definite A with U, A = UᵀU; false where A is not positive definite. */
export function choleskyUpper(a: Matrix, order: number): boolean {
  for (let j = 0; j < order; j++) {
    let pivot = entry(a, j, j);
    for (let i = 0; i < j; i++) {
      let t = entry(a, i, j);
      for (let k = 0; k < i; k++) t -= entry(a, k, i) * entry(a, k, j);
      t /= entry(a, i, i);
      setEntry(a, i, j, t);
      pivot -= t * t;
    }
    if (!(pivot > 0)) return false;
    setEntry(a, j, j, Math.sqrt(pivot));
  }
  return true;
}

/** v[from..from+order) ← U⁻ᵀ v */
export function solveUpperTransposed(u: Matrix, order: number, v: Float64Array, from = 0): void {
  for (let i = 0; i < order; i++) {
    let t = at(v, from + i);
    for (let k = 0; k < i; k++) t -= entry(u, k, i) * at(v, from + k);
    v[from + i] = t / entry(u, i, i);
  }
}

/** v[from..from+order) ← U⁻¹ v */
export function solveUpper(u: Matrix, order: number, v: Float64Array, from = 0): void {
  for (let i = order - 1; i >= 0; i--) {
    let t = at(v, from + i);
    for (let k = i + 1; k < order; k++) t -= entry(u, i, k) * at(v, from + k);
    v[from + i] = t / entry(u, i, i);
  }
}
