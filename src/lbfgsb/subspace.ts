/** The minimiser of the quadratic model over the variables that are free at the Cauchy point. */
import type { CauchySpace } from './cauchy-point.js';
import {
  choleskyUpper,
  dropFirst,
  fromFrame,
  type LimitedMemory,
  solveUpper,
  solveUpperTransposed,
} from './compact-matrices.js';
import type { Box } from './problem.js';
import { addColumnDotsAt, addColumnsAt, columnDotsAt, forEachStrip, type IndexRange } from './vectors.js';

export interface SubspaceProblem {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly box: Box;
  readonly memory: LimitedMemory;
  readonly set: FreeSet;
  readonly reduced: ReducedMatrix;
  /** As `cauchyPoint` left it: its point receives the result, its c and w are overwritten. */
  readonly space: CauchySpace;
  /** Of the Cauchy point: x^c_i = x_i + t·direction_i for the free i. */
  readonly t: number;
  /** n numbers of scratch. */
  readonly newton: Float64Array;
}

/**
 * Improves the Cauchy point over the free variables: the model's minimiser there, ignoring the bounds (direct primal
 * method, Byrd et al. 1995, Section 5.1), projected onto the box (Morales and Nocedal 2011); where that leads uphill, the
 * step truncated at the first bound instead (Eq. 5.8).
 */
export function minimizeOverFreeVariables(problem: SubspaceProblem): void {
  const { x, gradient, space } = problem;
  newtonStep(problem);
  if (!addProjected(problem)) return;
  let slope = 0;
  for (let i = 0; i < x.length; i++) slope += (space.point[i]! - x[i]!) * gradient[i]!;
  if (slope > 0) addTruncated(problem);
}

/** d = r/θ + ZᵀW K⁻¹ Wᵀ Z r/θ² (5.11), r = −Zᵀ(g + θ(x^c − x) − W M c) the reduced gradient (5.4) with its sign turned. */
function newtonStep({ x, gradient, memory, set, reduced, space, t, newton }: SubspaceProblem): void {
  const { point, c, w: v } = space;
  const { size, theta, s, y } = memory;
  if (t > 0) fromFrame(memory, c);
  for (let j = size; j < 2 * size; j++) c[j]! *= theta;
  v.fill(0);
  forEachStrip(set.free, (strip) => {
    const { indices, begin, end } = strip;
    for (let k = begin; k < end; k++) {
      const i = indices[k]!;
      newton[i] = -theta * (point[i]! - x[i]!) - gradient[i]!;
    }
    if (t > 0) {
      addColumnsAt(y, size, c, 0, strip, newton);
      addColumnsAt(s, size, c, size, strip, newton);
    }
    addColumnDotsAt(y, size, newton, strip, v, 0);
    addColumnDotsAt(s, size, newton, strip, v, size);
  });
  for (let j = size; j < 2 * size; j++) v[j]! *= theta;
  solveReduced(reduced, memory, v);
  for (let j = 0; j < size; j++) v[j]! /= theta;
  forEachStrip(set.free, (strip) => {
    addColumnsAt(y, size, v, 0, strip, newton);
    addColumnsAt(s, size, v, size, strip, newton);
    for (let k = strip.begin; k < strip.end; k++) newton[strip.indices[k]!]! /= theta;
  });
}

/** point ← P(point + newton) over the free variables; true where a bound was met. */
function addProjected({ box, set, space, newton }: SubspaceProblem): boolean {
  const { indices, end } = set.free;
  const { lower, upper } = box;
  const { point } = space;
  let metBound = false;
  for (let k = 0; k < end; k++) {
    const i = indices[k]!;
    const target = point[i]! + newton[i]!;
    if (target <= lower[i]!) {
      point[i] = lower[i]!;
      metBound = true;
    } else if (target >= upper[i]!) {
      point[i] = upper[i]!;
      metBound = true;
    } else {
      point[i] = target;
    }
  }
  return metBound;
}

/** point ← x^c + α·newton with the largest α ≤ 1 that stays in the box (5.8). */
function addTruncated({ x, box, set, space, t, newton }: SubspaceProblem): void {
  const { point, direction } = space;
  const { indices, end } = set.free;
  const { lower, upper } = box;
  let alpha = 1;
  let blocking = -1;
  for (let k = 0; k < end; k++) {
    const i = indices[k]!;
    point[i] = x[i]! + t * direction[i]!;
    const d = newton[i]!;
    if (d === 0) continue;
    const room = d < 0 ? lower[i]! - point[i]! : upper[i]! - point[i]!;
    const reached = room / d;
    if (reached < alpha) {
      alpha = Math.max(reached, 0);
      blocking = i;
    }
  }
  for (let k = 0; k < end; k++) {
    const i = indices[k]!;
    if (i === blocking) point[i] = newton[i]! > 0 ? upper[i]! : lower[i]!;
    else point[i]! += alpha * newton[i]!;
  }
}

/** The variables free at the generalized Cauchy point, and how they differ from those of the time before. */
export interface FreeSet {
  readonly isFree: Uint8Array;
  free: IndexRange;
  active: IndexRange;
  /** Variables that were active the time before. */
  entering: IndexRange;
  /** Variables that were free the time before. */
  leaving: IndexRange;
}

/** All n variables free. `changes` is n numbers of room for entering and leaving variables. */
export function createFreeSet(n: number, changes: Int32Array): FreeSet {
  const indices = new Int32Array(n);
  for (let i = 0; i < n; i++) indices[i] = i;
  return {
    isFree: new Uint8Array(n).fill(1),
    free: { indices, begin: 0, end: n },
    active: { indices, begin: n, end: n },
    entering: { indices: changes, begin: 0, end: 0 },
    leaving: { indices: changes, begin: n, end: n },
  };
}

/** Takes the variables with isActive[i] = 0 as the free ones. */
export function updateFreeSet(set: FreeSet, isActive: Uint8Array): void {
  const { isFree } = set;
  const { indices } = set.free;
  const changes = set.entering.indices;
  const n = isActive.length;
  let free = 0;
  let active = n;
  let entering = 0;
  let leaving = n;
  for (let i = 0; i < n; i++) {
    if (isActive[i] === 0) {
      if (isFree[i] === 0) {
        changes[entering++] = i;
        isFree[i] = 1;
      }
      indices[free++] = i;
    } else {
      if (isFree[i] === 1) {
        changes[--leaving] = i;
        isFree[i] = 0;
      }
      indices[--active] = i;
    }
  }
  set.free = { indices, begin: 0, end: free };
  set.active = { indices, begin: free, end: n };
  set.entering = { indices: changes, begin: 0, end: entering };
  set.leaving = { indices: changes, begin: leaving, end: n };
}

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
