/** Trace and spectral density of a symmetric matrix from products with random vectors. */
import { norm, scale } from '../lbfgsb/vectors.js';
import type { CurvaturePart } from '../records/curvature-record.js';
import { at, last } from '../support/at.js';
import type { Stream } from '../support/random.js';
import { meanOf, standardError } from '../support/statistics.js';
import { orthogonalise, randomUnit, type SymmetricMatrix } from './lanczos.js';
import { symmetricEigen, tridiagonal } from './symmetric-eigen.js';

/** Gauss quadrature of the spectrum as a random vector u sees it: uᵀf(A)u ≈ Σ wᵢ f(λᵢ), and Σ wᵢ = 1. */
export interface Probe {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Lanczos from a vector u that is uniform on the unit sphere orthogonal to `known`, within that space. Exact for
 * polynomials f of degree 2·steps − 1 (Golub & Meurant): a single step gives uᵀAu, Hutchinson's estimate, two give ‖Au‖²
 * too.
 */
export async function probeSpectrum(
  matrix: SymmetricMatrix,
  known: readonly Float32Array[],
  steps: number,
  stream: Stream,
): Promise<Probe> {
  const { size, multiply } = matrix;
  const basis = [randomUnit(stream, size, known)];
  const diagonal: number[] = [];
  const beside: number[] = [];
  const w = new Float64Array(size);
  for (;;) {
    await multiply(last(basis), w);
    const coefficients = orthogonalise(w, [...known, ...basis]);
    diagonal.push(last(coefficients));
    const beta = norm(w);
    const exhausted = beta <= 2 ** -20 * Math.hypot(...diagonal, ...beside);
    if (diagonal.length === steps || exhausted || basis.length + known.length === size) break;
    beside.push(beta);
    scale(1 / beta, w);
    basis.push(Float32Array.from(w));
  }
  const { values, vectors } = symmetricEigen(tridiagonal(diagonal, beside));
  return { nodes: values, weights: vectors.map((vector) => at(vector, 0) ** 2) };
}

/**
 * tr A = Σ λ + (n − k)·E[uᵀAu] over u in what the k eigenvectors of the eigenvalues leave of n dimensions. As in Hutch++
 * (Meyer et al. 2021) what is large is summed exactly, and only the rest is estimated.
 *
 * @returns it with the standard error of the estimate: 0 where nothing was left to estimate, null from one probe alone.
 */
export function traceOf(size: number, eigenvalues: readonly number[], probes: readonly Probe[]) {
  const known = eigenvalues.reduce((sum, value) => sum + value, 0);
  const rest = size - eigenvalues.length;
  if (rest === 0) return { trace: known, error: 0 };
  const estimates = probes.map((probe) => rest * moment(probe, 1));
  return { trace: known + meanOf(estimates), error: estimates.length > 1 ? standardError(estimates) : null };
}

type SpectralDensity = NonNullable<CurvaturePart['density']>;

/**
 * Stochastic Lanczos quadrature (Ubaru et al. 2017), beside eigenvalues that are known. The probes estimate the trace as
 * n Σ wᵢλᵢ and the squared Frobenius norm as n Σ wᵢλᵢ².
 */
export function densityOf(size: number, eigenvalues: readonly number[], probes: readonly Probe[]): SpectralDensity {
  const share = (size - eigenvalues.length) / size / probes.length;
  const points = [
    ...eigenvalues.map((node) => ({ node, weight: 1 / size })),
    ...probes.flatMap(({ nodes, weights }) => nodes.map((node, i) => ({ node, weight: share * at(weights, i) }))),
  ].sort((a, b) => a.node - b.node);
  const density = { nodes: points.map(({ node }) => node), weights: points.map(({ weight }) => weight) };
  return {
    ...density,
    probes: probes.length,
    trace: size * moment(density, 1),
    squaredFrobenius: size * moment(density, 2),
  };
}

function moment({ nodes, weights }: Probe, power: number): number {
  return nodes.reduce((sum, node, i) => sum + at(weights, i) * node ** power, 0);
}
