/** The 2m × 2m matrix K of the subspace step: kept up to date, factored and solved with. */
import type { LimitedMemory } from './compact-matrices.js';
import type { FreeSet } from './free-set.js';
import {
  blockFrom,
  choleskyUpper,
  dropFirst,
  entries,
  solveUpper,
  solveUpperTransposed,
  squareMatrix,
} from './matrix.js';
import { access, columnDotsAt, type IndexRange } from './vectors.js';

const { at, column } = access;
const { addEntry, entry, setEntry } = entries;

/**
 * Inner products of the correction pairs over the free variables (Z selects them) and over the others (A does), kept
 * from one iteration to the next and corrected for the variables that changed sides, and the factor of
 *
 *   K = [−D − YᵀZZᵀY/θ   (L_A − R_Z)ᵀ]
 *       [L_A − R_Z       θSᵀAAᵀS     ]
 *
 * where L_A is the strictly lower triangle of SᵀAAᵀY and R_Z the upper triangle of SᵀZZᵀY. K⁻¹ stands in for the
 * (I − MWᵀZZᵀW/θ)⁻¹M of Byrd et al. 1995, Eq. 5.11 (Zhu et al. 1997, L-BFGS-B's own reformulation).
 */
export type ReducedMatrix = ReturnType<typeof createReducedMatrix>;

export function createReducedMatrix(m: number) {
  return {
    /** YᵀZZᵀY, lower triangle. */
    yy: squareMatrix(m),
    /** SᵀAAᵀS, lower triangle. */
    ss: squareMatrix(m),
    /** L_A below the diagonal, R_Z on and above it. */
    sy: squareMatrix(m),
    /** U of K = UᵀEU, E = diag(−I, I). */
    factor: squareMatrix(2 * m),
    /** Pairs taken in since the memory was last cleared, compared with the memory's own count. */
    updates: 0,
    scratch: new Float64Array(4 * m),
  };
}

/** Brings the inner products up to date with the memory's newest pair, if it is new, and with the free set. */
export function updateReducedMatrix(reduced: ReducedMatrix, memory: LimitedMemory, set: FreeSet): void {
  const { capacity: m, size, updates } = memory;
  const isNew = updates !== reduced.updates;
  if (isNew) {
    if (updates > m) for (const matrix of [reduced.yy, reduced.ss, reduced.sy]) dropFirst(matrix);
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
  columnDotsAt(y, size, column(y, last), free, scratch, 0);
  columnDotsAt(s, size, column(s, last), active, scratch, m);
  columnDotsAt(y, last, column(s, last), active, scratch, 2 * m);
  columnDotsAt(s, size, column(y, last), free, scratch, 3 * m);
  for (let j = 0; j < size; j++) {
    setEntry(yy, last, j, at(scratch, j));
    setEntry(ss, last, j, at(scratch, m + j));
    if (j < last) setEntry(sy, last, j, at(scratch, 2 * m + j));
    setEntry(sy, j, last, at(scratch, 3 * m + j));
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
    columnDotsAt(y, i + 1, column(y, i), range, scratch, 0);
    columnDotsAt(s, i + 1, column(s, i), range, scratch, m);
    columnDotsAt(y, pairs, column(s, i), range, scratch, 2 * m);
    for (let j = 0; j <= i; j++) {
      addEntry(yy, i, j, sign * at(scratch, j));
      addEntry(ss, i, j, -sign * at(scratch, m + j));
    }
    for (let j = 0; j < pairs; j++) addEntry(sy, i, j, (j < i ? -sign : sign) * at(scratch, 2 * m + j));
  }
}

/** Factors K; false where rounding makes it unfit, and the memory should be cleared. */
export function factorReducedMatrix(reduced: ReducedMatrix, memory: LimitedMemory): boolean {
  const { size, theta } = memory;
  const { yy, ss, sy, factor } = reduced;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      setEntry(factor, j, i, entry(yy, i, j) / theta);
      setEntry(factor, size + j, size + i, entry(ss, i, j) * theta);
    }
    for (let j = 0; j < size; j++) setEntry(factor, j, size + i, (j < i ? -1 : 1) * entry(sy, i, j));
    addEntry(factor, i, i, entry(memory.sy, i, i));
  }
  if (!choleskyUpper(factor, size)) return false;
  // The (1, 2) block becomes L⁻¹(−L_A + R_Z)ᵀ column by column, and adds its Gram matrix to the (2, 2) block.
  const { scratch } = reduced;
  for (let j = size; j < 2 * size; j++) {
    for (let i = 0; i < size; i++) scratch[i] = entry(factor, i, j);
    solveUpperTransposed(factor, size, scratch);
    for (let i = 0; i < size; i++) setEntry(factor, i, j, at(scratch, i));
  }
  for (let i = size; i < 2 * size; i++) {
    for (let j = i; j < 2 * size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += entry(factor, k, i) * entry(factor, k, j);
      addEntry(factor, i, j, sum);
    }
  }
  return choleskyUpper(blockFrom(factor, size), size);
}

/** v ← K⁻¹v, for 2·size numbers. */
export function solveReduced({ factor }: ReducedMatrix, { size }: LimitedMemory, v: Float64Array): void {
  solveUpperTransposed(factor, 2 * size, v);
  for (let i = 0; i < size; i++) v[i] = -at(v, i);
  solveUpper(factor, 2 * size, v);
}
