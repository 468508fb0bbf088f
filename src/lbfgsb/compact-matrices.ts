/** The limited-memory matrix of L-BFGS-B in compact form. */
import { choleskyUpper, dropFirst, entries, solveUpper, solveUpperTransposed, squareMatrix } from './matrix.js';
import { access, columnDots } from './vectors.js';

const { at, column } = access;
const { entry, setEntry } = entries;

/**
 * The limited-memory matrix B = θI − W M Wᵀ (Byrd et al. 1995, Eq. 3.2) with W = [Y θS] (3.3) and
 * M = [−D Lᵀ; L θSᵀS]⁻¹ (3.4), D the diagonal (3.6) and L the strictly lower triangle (3.5) of SᵀY.
 *
 * With J Jᵀ = θSᵀS + L D⁻¹ Lᵀ and A = [D^½ 0; −L D^−½ J], M⁻¹ = A E Aᵀ with E = diag(−I, I). So vᵀMw is (A⁻¹v)ᵀE(A⁻¹w):
 * once vectors are carried into that frame by `toFrame`, products with M cost O(m).
 */
export type LimitedMemory = ReturnType<typeof createMemory>;

/** B = I, with room for m = `capacity` pairs. */
export function createMemory(n: number, capacity: number) {
  const columns = () => Array.from({ length: capacity }, () => new Float64Array(n));
  return {
    capacity,
    /** Number of pairs held, at most m. */
    size: 0,
    /** Pairs taken in since the memory was last cleared. */
    updates: 0,
    theta: 1,
    /** s_k = x_{k+1} − x_k, the oldest first; only the first `size` columns count. */
    s: columns(),
    /** y_k = g_{k+1} − g_k */
    y: columns(),
    /** s_i·y_j for j ≤ i. */
    sy: squareMatrix(capacity),
    /** s_i·s_j for i ≤ j. */
    ss: squareMatrix(capacity),
    /** Jᵀ in the upper triangle. */
    jT: squareMatrix(capacity),
    scratch: new Float64Array(2 * capacity),
  };
}

/** Back to B = I. */
export function clearMemory(memory: LimitedMemory): void {
  memory.size = 0;
  memory.updates = 0;
  memory.theta = 1;
}

export interface CorrectionPair {
  /** The step taken: s = step · direction. */
  readonly direction: Float64Array;
  readonly step: number;
  /** ‖direction‖² */
  readonly directionSquared: number;
  readonly gradient: Float64Array;
  readonly previousGradient: Float64Array;
  /** s·y, which must be positive. */
  readonly curvature: number;
}

/** Takes in a pair, dropping the oldest when full. False, with B unusable, where rounding makes θSᵀS + LD⁻¹Lᵀ indefinite. */
export function updateMemory(memory: LimitedMemory, pair: CorrectionPair): boolean {
  const { capacity: m, s, y, sy, ss, scratch } = memory;
  if (memory.size === m) {
    s.push(...s.splice(0, 1));
    y.push(...y.splice(0, 1));
    dropFirst(sy);
    dropFirst(ss);
  } else {
    memory.size++;
  }
  memory.updates++;
  const last = memory.size - 1;
  const sNew = column(s, last);
  const yNew = column(y, last);
  const { direction, step, gradient, previousGradient, curvature } = pair;
  let yy = 0;
  for (let i = 0; i < sNew.length; i++) {
    const yi = at(gradient, i) - at(previousGradient, i);
    yNew[i] = yi;
    yy += yi * yi;
    sNew[i] = step * at(direction, i);
  }
  memory.theta = yy / curvature;

  columnDots(y, last, sNew, scratch, 0);
  columnDots(s, last, sNew, scratch, m);
  for (let j = 0; j < last; j++) {
    setEntry(sy, last, j, at(scratch, j));
    setEntry(ss, j, last, at(scratch, m + j));
  }
  setEntry(sy, last, last, curvature);
  setEntry(ss, last, last, step * step * pair.directionSquared);
  return factorMiddle(memory);
}

/** J Jᵀ = θSᵀS + L D⁻¹ Lᵀ (Byrd, Nocedal and Schnabel 1994, Eq. 2.26). */
function factorMiddle(memory: LimitedMemory): boolean {
  const { size, theta, sy, ss, jT } = memory;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < i; k++) sum += (entry(sy, i, k) * entry(sy, j, k)) / entry(sy, k, k);
      setEntry(jT, i, j, sum + theta * entry(ss, i, j));
    }
  }
  return choleskyUpper(jT, size);
}

/** out ← A⁻¹v, both of 2·size numbers: D^−½ v₁, then J⁻¹(v₂ + L D⁻¹ v₁). May be done in place. */
export function toFrame(memory: LimitedMemory, v: Float64Array, out: Float64Array): void {
  const { size, sy, jT } = memory;
  for (let i = size - 1; i >= 0; i--) {
    let sum = at(v, size + i);
    for (let k = 0; k < i; k++) sum += (entry(sy, i, k) * at(v, k)) / entry(sy, k, k);
    out[size + i] = sum;
  }
  solveUpperTransposed(jT, size, out, size);
  for (let i = 0; i < size; i++) out[i] = at(v, i) / Math.sqrt(entry(sy, i, i));
}

/** v ← A⁻ᵀE v in place, so that toFrame followed by fromFrame multiplies by M. */
export function fromFrame(memory: LimitedMemory, v: Float64Array): void {
  const { size, sy, jT } = memory;
  solveUpper(jT, size, v, size);
  for (let i = 0; i < size; i++) {
    const d = entry(sy, i, i);
    let sum = -at(v, i) / Math.sqrt(d);
    for (let k = i + 1; k < size; k++) sum += (entry(sy, k, i) * at(v, size + k)) / d;
    v[i] = sum;
  }
}

/** vᵀE w = (A v)ᵀ M (A w) */
export function frameProduct(size: number, v: Float64Array, w: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += at(v, size + i) * at(w, size + i) - at(v, i) * at(w, i);
  return sum;
}
