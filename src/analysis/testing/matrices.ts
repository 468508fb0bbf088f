/** Symmetric matrices whose spectrum is known. */
import { normal } from '../../support/random.js';
import type { SymmetricMatrix } from '../lanczos.js';

export function explicitMatrix(rows: readonly (readonly number[])[]): SymmetricMatrix {
  return {
    size: rows.length,
    async multiply(v, out) {
      for (const [i, row] of rows.entries()) out[i] = row.reduce((sum, value, j) => sum + value * v[j]!, 0);
    },
  };
}

/** Q·diag(eigenvalues)·Qᵀ with a reflection Q = 1 − 2uuᵀ/uᵀu along a random u. */
export function withEigenvalues(eigenvalues: readonly number[]): SymmetricMatrix {
  const size = eigenvalues.length;
  const u = Float64Array.from(normal({ seed: 5, purpose: 'test' }, size));
  const length = u.reduce((sum, value) => sum + value ** 2, 0);
  const reflect = (x: Float64Array): Float64Array => {
    const part = (2 * x.reduce((sum, value, i) => sum + value * u[i]!, 0)) / length;
    return x.map((value, i) => value - part * u[i]!);
  };
  return {
    size,
    async multiply(v, out) {
      out.set(reflect(reflect(Float64Array.from(v)).map((value, i) => value * eigenvalues[i]!)));
    },
  };
}
