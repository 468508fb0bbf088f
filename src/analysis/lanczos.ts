/** The eigenvalues of largest size of a symmetric matrix that is known by its products: Lanczos, reorthogonalised. */
import { norm, scale } from '../lbfgsb/vectors.js';
import { at, last } from '../support/at.js';
import { normal, type Stream } from '../support/random.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** A symmetric matrix of `size` rows: out ← A·v, finite numbers or an error. */
export interface SymmetricMatrix {
  readonly size: number;
  readonly multiply: (v: Float32Array, out: Float64Array) => Promise<void>;
}

/**
 * All that the iteration depends on: a run that goes on from a saved state ends as one that was never interrupted. The
 * basis is in float32, as the products take it: half the memory, and what rounding costs is below that of the products.
 */
export interface LanczosState {
  /** Orthonormal; the last one has not been multiplied yet. Empty once the basis spans the whole space. */
  readonly basis: readonly Float32Array[];
  /** VᵀAV for all but the last. */
  readonly projected: readonly (readonly number[])[];
  readonly products: number;
}

interface EigenpairsOptions {
  /** How many eigenvalues are wanted. */
  readonly count: number;
  /** A residual at most this fraction of its eigenvalue ends the search; default 1e-4. */
  readonly tolerance?: number;
  /** Most products; default 50 and ten for each eigenvalue. */
  readonly maxProducts?: number;
  /** Of the start vector. */
  readonly stream: Stream;
  readonly from?: LanczosState;
  /** Called after each product. */
  readonly onProduct?: (state: LanczosState) => Promise<void> | void;
}

export interface Eigenpairs {
  /** Largest in size first. */
  readonly values: number[];
  /** ‖Av − λv‖ for each: an eigenvalue of A lies this close. */
  readonly residuals: number[];
  /** Orthonormal. */
  readonly vectors: Float32Array[];
  readonly products: number;
}

/** Of the largest eigenvalue: residuals that float32 products do not get below. */
const ROUNDING = 2 ** -20;

/**
 * The `count` eigenvalues of largest size, by the Lanczos method with full reorthogonalisation, thick restart (Wu & Simon
 * 2000) when the basis has 2·count + 20 vectors, and new random vectors where the Krylov space is exhausted, so that
 * multiple eigenvalues are found as often as they occur.
 *
 * Memory: 4 bytes for each number of the basis.
 */
export async function largestEigenpairs(matrix: SymmetricMatrix, options: EigenpairsOptions): Promise<Eigenpairs> {
  const { stream, tolerance = 1e-4, onProduct } = options;
  const count = Math.min(options.count, matrix.size);
  const { maxProducts = 50 + 10 * count } = options;
  const longest = 2 * count + 20;
  let state = options.from ?? { basis: [randomUnit(stream, matrix.size, [])], projected: [], products: 0 };
  const w = new Float64Array(matrix.size);
  for (;;) {
    const v = last(state.basis);
    await matrix.multiply(v, w);
    const coefficients = orthogonalise(w, state.basis);
    const projected = extended(state.projected, coefficients);
    const beta = norm(w);
    const { values, vectors } = symmetricEigen(projected);
    const largest = Math.abs(at(values, 0));
    const isWhole = projected.length === matrix.size;
    const residuals = isWhole ? values.map(() => 0) : vectors.map((vector) => beta * Math.abs(last(vector)));
    const products = state.products + 1;
    const enough = residuals
      .slice(0, count)
      .every((r, i) => r <= Math.max(tolerance * Math.abs(at(values, i)), ROUNDING * largest));
    if (isWhole || (projected.length >= count && enough) || products >= maxProducts) {
      const found = Math.min(count, values.length);
      return {
        values: values.slice(0, found),
        residuals: residuals.slice(0, found),
        vectors: combined(state.basis, vectors.slice(0, found)),
        products,
      };
    }
    const next = nextVector(w, beta, largest, state.basis, { ...stream, step: products });
    if (projected.length < longest) state = { basis: [...state.basis, next], projected, products };
    else {
      const kept = count + 10;
      const basis = [...combined(state.basis, vectors.slice(0, kept)), next];
      state = { basis, projected: diagonal(values.slice(0, kept)), products };
    }
    await onProduct?.(state);
  }
}

/** w/β; where w vanishes beside the matrix, a random vector that is orthogonal to all others. */
function nextVector(w: Float64Array, beta: number, largest: number, basis: readonly Float32Array[], stream: Stream) {
  if (beta <= ROUNDING * largest || beta === 0) return randomUnit(stream, w.length, basis);
  scale(1 / beta, w);
  return Float32Array.from(w);
}

/** A unit vector, uniform on the sphere in the space orthogonal to `others`. */
export function randomUnit(stream: Stream, size: number, others: readonly Float32Array[]): Float32Array {
  const w = Float64Array.from(normal(stream, size));
  orthogonalise(w, others);
  scale(1 / norm(w), w);
  return Float32Array.from(w);
}

/** Takes from w what it has of the orthonormal `basis`, twice, since once leaves rounding behind; returns that part. */
export function orthogonalise(w: Float64Array, basis: readonly Float32Array[]): number[] {
  const coefficients = new Array<number>(basis.length).fill(0);
  for (let pass = 0; pass < 2; pass++) {
    for (const [i, v] of basis.entries()) {
      const part = dot(v, w);
      addScaled(-part, v, w);
      coefficients[i]! += part;
    }
  }
  return coefficients;
}

function dot(v: Float32Array, w: Float64Array): number {
  const product = (i: number) => v[i]! * w[i]!;
  let [sum0, sum1, i] = [0, 0, 0];
  for (; i + 1 < v.length; i += 2) {
    sum0 += product(i);
    sum1 += product(i + 1);
  }
  return sum0 + sum1 + (i < v.length ? product(i) : 0);
}

/** w += α v, as far as v goes. */
function addScaled(alpha: number, v: Float32Array, w: Float64Array): void {
  for (let i = 0; i < v.length; i++) w[i]! += alpha * v[i]!;
}

/** The symmetric matrix with one more row and column. */
function extended(matrix: readonly (readonly number[])[], row: readonly number[]): number[][] {
  return [...matrix.map((above, i) => [...above, at(row, i)]), [...row]];
}

function diagonal(values: readonly number[]): number[][] {
  return values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
}

/** Numbers of each vector that are combined at once. */
const STRIP = 4096;

/** Combinations of the basis with these coefficients, in the memory of its first vectors; the others are spoilt. */
function combined(basis: readonly Float32Array[], coefficients: readonly (readonly number[])[]): Float32Array[] {
  const { length } = at(basis, 0);
  const sums = coefficients.map(() => new Float64Array(STRIP));
  for (let from = 0; from < length; from += STRIP) {
    const strips = basis.map((v) => v.subarray(from, from + STRIP));
    for (const [i, weights] of coefficients.entries()) {
      const sum = at(sums, i).fill(0);
      for (const [j, weight] of weights.entries()) addScaled(weight, at(strips, j), sum);
    }
    for (const [i, sum] of sums.entries()) at(strips, i).set(sum.subarray(0, at(strips, i).length));
  }
  return basis.slice(0, coefficients.length).map((v) => v.subarray());
}
