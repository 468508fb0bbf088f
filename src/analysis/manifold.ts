/**
 * The random subspace of Keskar et al.'s Metric 2.1: z ↦ w + Az with A of n × p. As in the authors' code, the rows of A⁺
 * are drawn from U(−1, 1) and scaled to length 1, and A is the pseudo-inverse of A⁺.
 */
import {
  choleskyUpper,
  entries,
  type Matrix,
  solveUpper,
  solveUpperTransposed,
  squareMatrix,
} from '../lbfgsb/matrix.js';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { access, axpy, columnDots } from '../lbfgsb/vectors.js';
import type { Borrowed } from '../support/borrowed.js';
import { fillWords } from '../support/random.js';
import type { SearchSpace } from './keskar.js';

const { at } = access;
const { addEntry, entry, setEntry } = entries;

interface Manifold {
  /** p and n. */
  readonly dimension: number;
  readonly size: number;
  /** p × n words; entry h stands for 2h + 1, which is uniform and symmetric about 0. */
  readonly words: Int16Array;
  /** Factors from those odd numbers to rows of length 1. */
  readonly scales: Float64Array;
  /** Cholesky factor of A⁺A⁺ᵀ, p × p, for A = A⁺ᵀ(A⁺A⁺ᵀ)⁻¹. */
  readonly factor: Matrix;
}

/** @throws RangeError where the rows are linearly dependent, as they are where p > n. */
export function drawManifold(seed: number, repeat: number, dimension: number, size: number): Manifold {
  const words = new Int16Array(dimension * size);
  const row = new Uint32Array(Math.ceil(size / 2));
  for (let i = 0; i < dimension; i++) {
    // Epoch 0 of this purpose is for starting points.
    fillWords({ seed, purpose: 'sharpness', epoch: repeat + 1, chunk: i }, row);
    words.set(new Int16Array(row.buffer, 0, size), i * size);
  }
  const unscaled = { dimension, size, words, scales: new Float64Array(dimension).fill(1) };
  const gram = squareMatrix(dimension);
  const products = new Float64Array(dimension);
  forEachStrip(unscaled, (rows) => {
    for (const [i, row] of rows.entries()) {
      columnDots(rows, i + 1, row, products, 0);
      for (let j = 0; j <= i; j++) addEntry(gram, j, i, at(products, j));
    }
  });
  const scales = Float64Array.from({ length: dimension }, (_, i) => 1 / Math.sqrt(entry(gram, i, i)));
  for (const [i, scale] of scales.entries()) {
    for (let j = i; j < dimension; j++) setEntry(gram, i, j, entry(gram, i, j) * scale * at(scales, j));
  }
  if (!choleskyUpper(gram, dimension)) {
    throw new RangeError(`the ${dimension} random directions among ${size} weights are linearly dependent`);
  }
  return { ...unscaled, scales, factor: gram };
}

/** A⁺w, p numbers. */
export function project(manifold: Manifold, w: Float64Array): Float64Array {
  const { dimension } = manifold;
  const out = new Float64Array(dimension);
  const product = new Float64Array(dimension);
  forEachStrip(manifold, (rows, from, to) => {
    columnDots(rows, dimension, w.subarray(from, to), product, 0);
    axpy(1, product, out);
  });
  return out;
}

/** v ← (A⁺A⁺ᵀ)⁻¹v */
function solveGram({ dimension, factor }: Manifold, v: Float64Array): void {
  solveUpperTransposed(factor, dimension, v);
  solveUpper(factor, dimension, v);
}

/** out ← w + Ay */
export function lift(manifold: Manifold, w: Float64Array, y: Float64Array, out: Float64Array): void {
  const weights = Float64Array.from(y);
  solveGram(manifold, weights);
  out.set(w);
  forEachStrip(manifold, (rows, from) => {
    for (const [i, row] of rows.entries()) {
      axpy(at(weights, i), row, out.subarray(from, from + row.length));
    }
  });
}

/** |yᵢ| ≤ ε(|(A⁺w)ᵢ| + 1), from y = 0; the gradient is Aᵀ∇f. */
export function manifoldSpace(
  objective: ObjectiveFunction,
  w: Float64Array,
  manifold: Manifold,
  epsilon: number,
): SearchSpace {
  const point = new Float64Array(w.length);
  const full = new Float64Array(w.length);
  const upper = project(manifold, w).map((yi) => epsilon * (Math.abs(yi) + 1));
  return {
    async objective(y, gradient) {
      lift(manifold, w, y, point);
      const f = await objective(point, full);
      gradient.set(project(manifold, full));
      solveGram(manifold, gradient);
      return f;
    },
    center: new Float64Array(manifold.dimension),
    box: { lower: upper.map((u) => -u), upper },
  };
}

/** Columns that are decoded at once: with 100 rows, 800 kB. */
const STRIP = 1024;

/** Calls `use` with columns from … to−1 of all rows of A⁺, strip by strip. */
function forEachStrip(
  { dimension, size, words, scales }: Omit<Manifold, 'factor'>,
  use: (rows: Borrowed<readonly Float64Array[]>, from: number, to: number) => void,
): void {
  const rows = Array.from({ length: dimension }, () => new Float64Array(STRIP));
  for (let from = 0; from < size; from += STRIP) {
    const to = Math.min(from + STRIP, size);
    for (const [i, row] of rows.entries()) {
      const scale = at(scales, i);
      const start = i * size + from;
      for (let j = 0; j < to - from; j++) row[j] = (2 * words[start + j]! + 1) * scale;
    }
    const strip = to - from === STRIP ? rows : rows.map((row) => row.subarray(0, to - from));
    use(strip, from, to);
  }
}
