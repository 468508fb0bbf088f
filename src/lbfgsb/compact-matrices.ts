/** The limited-memory matrix of L-BFGS-B in compact form, and the small dense factorisations that it needs. */
import { columnDots } from './vectors.js';

/**
 * The limited-memory matrix B = θI − W M Wᵀ (Byrd et al. 1995, Eq. 3.2) with W = [Y θS] (3.3) and
 * M = [−D Lᵀ; L θSᵀS]⁻¹ (3.4), D the diagonal (3.6) and L the strictly lower triangle (3.5) of SᵀY.
 *
 * With J Jᵀ = θSᵀS + L D⁻¹ Lᵀ and A = [D^½ 0; −L D^−½ J], M⁻¹ = A E Aᵀ with E = diag(−I, I). So vᵀMw is (A⁻¹v)ᵀE(A⁻¹w):
 * once vectors are carried into that frame by `toFrame`, products with M cost O(m).
 */
export interface LimitedMemory {
  /** m */
  readonly capacity: number;
  /** Number of pairs held, at most m. */
  size: number;
  /** Pairs taken in since the memory was last cleared. */
  updates: number;
  theta: number;
  /** s_k = x_{k+1} − x_k, the oldest first; only the first `size` columns count. */
  readonly s: Float64Array[];
  /** y_k = g_{k+1} − g_k */
  readonly y: Float64Array[];
  /** Row-major m×m: s_i·y_j for j ≤ i. */
  readonly sy: Float64Array;
  /** Row-major m×m: s_i·s_j for i ≤ j. */
  readonly ss: Float64Array;
  /** Row-major m×m: Jᵀ in the upper triangle. */
  readonly jT: Float64Array;
  /** 2m numbers of scratch. */
  readonly scratch: Float64Array;
}

export function createMemory(n: number, capacity: number): LimitedMemory {
  const columns = (): Float64Array[] => Array.from({ length: capacity }, () => new Float64Array(n));
  const square = (): Float64Array => new Float64Array(capacity * capacity);
  return {
    capacity,
    size: 0,
    updates: 0,
    theta: 1,
    s: columns(),
    y: columns(),
    sy: square(),
    ss: square(),
    jT: square(),
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
    s.push(s.shift()!);
    y.push(y.shift()!);
    dropFirst(sy, m);
    dropFirst(ss, m);
  } else {
    memory.size++;
  }
  memory.updates++;
  const last = memory.size - 1;
  const sNew = s[last]!;
  const yNew = y[last]!;
  const { direction, step, gradient, previousGradient, curvature } = pair;
  let yy = 0;
  for (let i = 0; i < sNew.length; i++) {
    const yi = gradient[i]! - previousGradient[i]!;
    yNew[i] = yi;
    yy += yi * yi;
    sNew[i] = step * direction[i]!;
  }
  memory.theta = yy / curvature;

  columnDots(y, last, sNew, scratch, 0);
  columnDots(s, last, sNew, scratch, m);
  for (let j = 0; j < last; j++) {
    sy[last * m + j] = scratch[j]!;
    ss[j * m + last] = scratch[m + j]!;
  }
  sy[last * m + last] = curvature;
  ss[last * m + last] = step * step * pair.directionSquared;
  return factorMiddle(memory);
}

/** Moves every entry of a row-major m×m matrix up and left by one. */
export function dropFirst(matrix: Float64Array, m: number): void {
  for (let i = 0; i + 1 < m; i++) {
    for (let j = 0; j + 1 < m; j++) matrix[i * m + j] = matrix[(i + 1) * m + j + 1]!;
  }
}

/** J Jᵀ = θSᵀS + L D⁻¹ Lᵀ (Byrd, Nocedal and Schnabel 1994, Eq. 2.26). */
function factorMiddle(memory: LimitedMemory): boolean {
  const { capacity: m, size, theta, sy, ss, jT } = memory;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < i; k++) sum += (sy[i * m + k]! * sy[j * m + k]!) / sy[k * m + k]!;
      jT[i * m + j] = sum + theta * ss[i * m + j]!;
    }
  }
  return choleskyUpper(jT, 0, m, size);
}

/** out ← A⁻¹v, both of 2·size numbers: D^−½ v₁, then J⁻¹(v₂ + L D⁻¹ v₁). May be done in place. */
export function toFrame(memory: LimitedMemory, v: Float64Array, out: Float64Array): void {
  const { capacity: m, size, sy, jT } = memory;
  for (let i = size - 1; i >= 0; i--) {
    let sum = v[size + i]!;
    for (let k = 0; k < i; k++) sum += (sy[i * m + k]! * v[k]!) / sy[k * m + k]!;
    out[size + i] = sum;
  }
  solveUpperTransposed(jT, 0, m, size, out, size);
  for (let i = 0; i < size; i++) out[i] = v[i]! / Math.sqrt(sy[i * m + i]!);
}

/** v ← A⁻ᵀE v in place, so that toFrame followed by fromFrame multiplies by M. */
export function fromFrame(memory: LimitedMemory, v: Float64Array): void {
  const { capacity: m, size, sy, jT } = memory;
  solveUpper(jT, 0, m, size, v, size);
  for (let i = 0; i < size; i++) {
    const d = sy[i * m + i]!;
    let sum = -v[i]! / Math.sqrt(d);
    for (let k = i + 1; k < size; k++) sum += (sy[k * m + i]! * v[size + k]!) / d;
    v[i] = sum;
  }
}

/** vᵀE w = (A v)ᵀ M (A w) */
export function frameProduct(size: number, v: Float64Array, w: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += v[size + i]! * w[size + i]! - v[i]! * w[i]!;
  return sum;
}

// Cholesky factors and triangular systems of order at most 2m. A matrix is the upper triangle of a row-major block that
// starts at `start` and whose rows are `stride` numbers apart.

/** Overwrites the upper triangle of a positive definite A with U, A = UᵀU; false where A is not positive definite. */
export function choleskyUpper(a: Float64Array, start: number, stride: number, order: number): boolean {
  for (let j = 0; j < order; j++) {
    let pivot = a[start + j * stride + j]!;
    for (let i = 0; i < j; i++) {
      let t = a[start + i * stride + j]!;
      for (let k = 0; k < i; k++) t -= a[start + k * stride + i]! * a[start + k * stride + j]!;
      t /= a[start + i * stride + i]!;
      a[start + i * stride + j] = t;
      pivot -= t * t;
    }
    if (!(pivot > 0)) return false;
    a[start + j * stride + j] = Math.sqrt(pivot);
  }
  return true;
}

/** v[at..at+order) ← U⁻ᵀ v */
export function solveUpperTransposed(
  u: Float64Array,
  start: number,
  stride: number,
  order: number,
  v: Float64Array,
  at: number,
): void {
  for (let i = 0; i < order; i++) {
    let t = v[at + i]!;
    for (let k = 0; k < i; k++) t -= u[start + k * stride + i]! * v[at + k]!;
    v[at + i] = t / u[start + i * stride + i]!;
  }
}

/** v[at..at+order) ← U⁻¹ v */
export function solveUpper(
  u: Float64Array,
  start: number,
  stride: number,
  order: number,
  v: Float64Array,
  at: number,
): void {
  for (let i = order - 1; i >= 0; i--) {
    let t = v[at + i]!;
    for (let k = i + 1; k < order; k++) t -= u[start + i * stride + k]! * v[at + k]!;
    v[at + i] = t / u[start + i * stride + i]!;
  }
}
