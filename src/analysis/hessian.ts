/** The largest eigenvalue of the Hessian of the loss: a second opinion on the sharpness. */
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { access, axpy, dot, norm, scale } from '../lbfgsb/vectors.js';
import { at as itemAt, last } from '../support/at.js';
import type { Borrowed } from '../support/borrowed.js';
import { normal } from '../support/random.js';
import { symmetricEigen, tridiagonal } from './symmetric-eigen.js';

const { at } = access;

interface LargestEigenvalueOptions {
  /** Most Lanczos steps, each two evaluations; default 30. */
  readonly maxIterations?: number;
  /** Stop when the residual is at most this fraction of the value; default 1e-3. */
  readonly tolerance?: number;
  /** Relative error of the objective's gradient: 2⁻⁵² (the default), or 2⁻²⁴ where it is computed in float32. */
  readonly gradientError?: number;
  /** Of the start vector; default 1. */
  readonly seed?: number;
  readonly onIteration?: (report: { iteration: number; value: number; residual: number }) => void;
}

/**
 * The algebraically largest eigenvalue of the objective's Hessian at `x` (n numbers), by the Lanczos method from a random
 * vector, with Hessian-vector products from central differences of the gradient.
 *
 * The Lanczos vectors are not kept (5n numbers in all) nor reorthogonalised: what rounding costs are copies of values
 * already found, never a value too large (Paige 1980). Stops early where the products vanish or are not finite.
 *
 * @returns with the residual ‖Hv − value·v‖ for the unit Ritz vector v: an eigenvalue of H lies this close to the value.
 * `converged` says whether it came down to the tolerance.
 */
export async function largestHessianEigenvalue(
  objective: ObjectiveFunction,
  x: Float64Array,
  options: LargestEigenvalueOptions = {},
) {
  const { maxIterations = 30, tolerance = 1e-3, gradientError = Number.EPSILON, seed = 1, onIteration } = options;
  const n = x.length;
  let v: Float64Array = Float64Array.from(normal({ seed, purpose: 'sharpness' }, n));
  scale(1 / norm(v), v);
  let previous: Float64Array = new Float64Array(n);
  const timesHessian = centralDifferences(objective, x, gradientError);
  let evaluations = 0;
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let best = { value: Number.NaN, residual: Infinity };
  let converged = false;
  while (diagonal.length < maxIterations && !converged) {
    const w = await timesHessian(v);
    evaluations += 2;
    axpy(-(offDiagonal.at(-1) ?? 0), previous, w);
    const alpha = dot(v, w);
    axpy(-alpha, v, w);
    const beta = norm(w);
    if (!Number.isFinite(alpha + beta)) break;
    diagonal.push(alpha);
    const { value, last: lastComponent } = largestTridiagonalPair(diagonal, offDiagonal);
    best = { value, residual: beta * lastComponent };
    onIteration?.({ iteration: diagonal.length, ...best });
    converged = best.residual <= tolerance * Math.abs(value);
    if (beta === 0) break;
    offDiagonal.push(beta);
    [previous, v] = [v, previous];
    for (let i = 0; i < n; i++) v[i] = at(w, i) / beta;
  }
  return { ...best, iterations: diagonal.length, evaluations, converged };
}

/** ∇²f(x)·v ≈ (∇f(x + hv) − ∇f(x − hv)) / 2h for unit v. */
function centralDifferences(
  objective: ObjectiveFunction,
  x: Float64Array,
  gradientError: number,
): (v: Float64Array) => Promise<Borrowed<Float64Array>> {
  // Truncation grows as h², the gradient's error falls as 1/h.
  const h = Math.cbrt(gradientError) * Math.max(1, norm(x));
  const point = new Float64Array(x.length);
  const ahead = new Float64Array(x.length);
  const behind = new Float64Array(x.length);
  return async (v) => {
    for (let i = 0; i < x.length; i++) point[i] = at(x, i) + h * at(v, i);
    await objective(point, ahead);
    for (let i = 0; i < x.length; i++) point[i] = at(x, i) - h * at(v, i);
    await objective(point, behind);
    for (let i = 0; i < x.length; i++) ahead[i] = (at(ahead, i) - at(behind, i)) / (2 * h);
    return ahead;
  };
}

/**
 * The largest eigenvalue of the symmetric tridiagonal matrix with `diagonal` of k numbers and `offDiagonal` of k − 1, and the
 * last component of its unit eigenvector, not negative.
 */
export function largestTridiagonalPair(diagonal: readonly number[], offDiagonal: readonly number[]) {
  const { values, vectors } = symmetricEigen(tridiagonal(diagonal, offDiagonal));
  const value = Math.max(...values);
  return { value, last: Math.abs(last(itemAt(vectors, values.indexOf(value)))) };
}
