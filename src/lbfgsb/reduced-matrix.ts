/** The 2m × 2m matrix K of the subspace step: kept up to date, factored and solved with. */
import { choleskyUpper, dropFirst, type LimitedMemory, solveUpper, solveUpperTransposed } from './compact-matrices.js';
import type { FreeSet } from './free-set.js';
import { columnDotsAt, type IndexRange } from './vectors.js';

/**
 * Inner products of the correction pairs over the free variables (Z selects them) and over the others (A does), kept
 * from one iteration to the next and corrected for the variables that changed sides, and the factor of
 *
 *   K = [−D − YᵀZZᵀY/θ   (L_A − R_Z)ᵀ]
 *       [L_A − R_Z       θSᵀAAᵀS     ]
 *
 * where L_A is the strictly lower triangle of SᵀAAᵀY and R_Z the upper triangle of SᵀZZᵀY. K⁻¹ stands in for the
 * (I − MWᵀZZᵀW/θ)⁻¹M of Byrd et al. 1995, Eq. 5.11 (Zhu et al. 1997, L-BFGS-B's own reformulation); all matrices are
 * row-major with rows m numbers apart, K's factor with rows 2m apart.
 */
export interface ReducedMatrix {
  /** YᵀZZᵀY, lower triangle. */
  readonly yy: Float64Array;
  /** SᵀAAᵀS, lower triangle. */
  readonly ss: Float64Array;
  /** L_A below the diagonal, R_Z on and above it. */
  readonly sy: Float64Array;
  /** U of K = UᵀEU, E = diag(−I, I). */
  readonly factor: Float64Array;
  /** Pairs taken in since the memory was last cleared, compared with the memory's own count. */
  updates: number;
  readonly scratch: Float64Array;
}

export function createReducedMatrix(m: number): ReducedMatrix {
  const square = (order: number): Float64Array => new Float64Array(order * order);
  return {
    yy: square(m),
    ss: square(m),
    sy: square(m),
    factor: square(2 * m),
    updates: 0,
    scratch: new Float64Array(4 * m),
  };
}

/** Brings the inner products up to date with the memory's newest pair, if it is new, and with the free set. */
export function updateReducedMatrix(reduced: ReducedMatrix, memory: LimitedMemory, set: FreeSet): void {
  const { capacity: m, size, updates } = memory;
  const isNew = updates !== reduced.updates;
  if (isNew) {
    if (updates > m) for (const matrix of [reduced.yy, reduced.ss, reduced.sy]) dropFirst(matrix, m);
    addNewestPair(reduced, memory, set);
    reduced.updates = updates;
  }
  const older = isNew ? size - 1 : size;
  moveVariables(reduced, memory, set.entering, 1, older);
  moveVariables(reduced, memory, set.leaving, -1, older);
}

function addNewestPair(reduced: ReducedMatrix, memory: LimitedMemory, set: FreeSet): void {
  const { capacity: m, size, s, y } = memory;
  const { scratch, yy, ss, sy } = reduced;
  const { free, active } = set;
  const last = size - 1;
  const row = last * m;
  columnDotsAt(y, size, y[last]!, free, scratch, 0);
  columnDotsAt(s, size, s[last]!, active, scratch, m);
  columnDotsAt(y, last, s[last]!, active, scratch, 2 * m);
  columnDotsAt(s, size, y[last]!, free, scratch, 3 * m);
  for (let j = 0; j < size; j++) {
    yy[row + j] = scratch[j]!;
    ss[row + j] = scratch[m + j]!;
    if (j < last) sy[row + j] = scratch[2 * m + j]!;
    sy[j * m + last] = scratch[3 * m + j]!;
  }
}

/** Adds the variables to Z's products and takes them off A's where sign is 1, the reverse where it is −1. */
function moveVariables(
  reduced: ReducedMatrix,
  memory: LimitedMemory,
  range: IndexRange,
  sign: number,
  pairs: number,
): void {
  if (range.begin === range.end) return;
  const { capacity: m, s, y } = memory;
  const { scratch, yy, ss, sy } = reduced;
  for (let i = 0; i < pairs; i++) {
    const row = i * m;
    columnDotsAt(y, i + 1, y[i]!, range, scratch, 0);
    columnDotsAt(s, i + 1, s[i]!, range, scratch, m);
    columnDotsAt(y, pairs, s[i]!, range, scratch, 2 * m);
    for (let j = 0; j <= i; j++) {
      yy[row + j]! += sign * scratch[j]!;
      ss[row + j]! -= sign * scratch[m + j]!;
    }
    for (let j = 0; j < pairs; j++) sy[row + j]! += (j < i ? -sign : sign) * scratch[2 * m + j]!;
  }
}

/** Factors K; false where rounding makes it unfit, and the memory should be cleared. */
export function factorReducedMatrix(reduced: ReducedMatrix, memory: LimitedMemory): boolean {
  const { capacity: m, size, theta } = memory;
  const { yy, ss, sy, factor } = reduced;
  const stride = 2 * m;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      factor[j * stride + i] = yy[i * m + j]! / theta;
      factor[(size + j) * stride + size + i] = ss[i * m + j]! * theta;
    }
    for (let j = 0; j < size; j++) factor[j * stride + size + i] = (j < i ? -1 : 1) * sy[i * m + j]!;
    factor[i * stride + i]! += memory.sy[i * m + i]!;
  }
  if (!choleskyUpper(factor, 0, stride, size)) return false;
  // The (1, 2) block becomes L⁻¹(−L_A + R_Z)ᵀ column by column, and adds its Gram matrix to the (2, 2) block.
  const column = reduced.scratch;
  for (let j = size; j < 2 * size; j++) {
    for (let i = 0; i < size; i++) column[i] = factor[i * stride + j]!;
    solveUpperTransposed(factor, 0, stride, size, column, 0);
    for (let i = 0; i < size; i++) factor[i * stride + j] = column[i]!;
  }
  for (let i = size; i < 2 * size; i++) {
    for (let j = i; j < 2 * size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += factor[k * stride + i]! * factor[k * stride + j]!;
      factor[i * stride + j]! += sum;
    }
  }
  return choleskyUpper(factor, size * stride + size, stride, size);
}

/** v ← K⁻¹v, for 2·size numbers. */
export function solveReduced(reduced: ReducedMatrix, memory: LimitedMemory, v: Float64Array): void {
  const { capacity: m, size } = memory;
  solveUpperTransposed(reduced.factor, 0, 2 * m, 2 * size, v, 0);
  for (let i = 0; i < size; i++) v[i] = -v[i]!;
  solveUpper(reduced.factor, 0, 2 * m, 2 * size, v, 0);
}
