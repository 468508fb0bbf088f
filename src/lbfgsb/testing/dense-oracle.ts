/** The formulas of the paper written out with dense matrices, to test the compact ones against. */
import { createMemory, type LimitedMemory, updateMemory } from '../compact-matrices.js';
import type { Box } from '../problem.js';
import { randomVector } from './random.js';

/** Rows of a matrix small enough to be written out. */
export type Dense = number[][];

export interface ModelProblem {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly box: Box;
  readonly memory: LimitedMemory;
  /** The same B as the memory's, by the BFGS recursion. */
  readonly b: Dense;
}

/**
 * A random box, point, gradient and `pairs` pairs of positive curvature, of which the memory keeps the last m. A
 * `strained` model is flat but for one direction, so that its minimiser lies far outside the box.
 */
export function randomModel(random: () => number, n: number, m: number, pairs: number, strained = false): ModelProblem {
  const memory = createMemory(n, m);
  const kept: { s: number[]; y: number[] }[] = [];
  const bend = strained ? new Float64Array(n).fill(0.01) : randomVector(random, n).map((v) => 0.2 + 2 * v * v);
  const ridge = strained ? randomVector(random, n).map((v) => 4 * v) : new Float64Array(n).fill(0.5);
  for (let k = 0; k < pairs; k++) {
    const s = randomVector(random, n);
    const along = dotOf(ridge, s);
    const y = s.map((v, i) => bend[i]! * v + along * ridge[i]!);
    const curvature = s.reduce((sum, v, i) => sum + v * y[i]!, 0);
    const previousGradient = randomVector(random, n);
    const pair = {
      direction: s.map((v) => v / 2),
      step: 2,
      directionSquared: s.reduce((sum, v) => sum + (v * v) / 4, 0),
      gradient: previousGradient.map((v, i) => v + y[i]!),
      previousGradient,
      curvature,
    };
    if (!updateMemory(memory, pair)) throw new Error('the pair was refused');
    kept.push({ s: [...s], y: [...y] });
  }
  const x = randomVector(random, n);
  const lower = x.map((v) => v - pickRoom(random));
  const upper = x.map((v) => v + pickRoom(random));
  return { x, gradient: randomVector(random, n), box: { lower, upper }, memory, b: bfgsMatrix(kept.slice(-m), n) };
}

/** Sometimes none, sometimes without end. */
function pickRoom(random: () => number): number {
  const kind = random();
  if (kind < 0.15) return 0;
  if (kind < 0.3) return Infinity;
  return 0.05 + random();
}

/** B₀ = θI with θ = yᵀy/sᵀy of the last pair, then B ← B − Bs(Bs)ᵀ/sᵀBs + yyᵀ/yᵀs for each. */
function bfgsMatrix(pairs: { s: number[]; y: number[] }[], n: number): Dense {
  const last = pairs.at(-1);
  const theta = last ? dotOf(last.y, last.y) / dotOf(last.s, last.y) : 1;
  let b: Dense = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? theta : 0)));
  for (const { s, y } of pairs) {
    const bs = timesVector(b, s);
    const sbs = dotOf(s, bs);
    const ys = dotOf(y, s);
    b = b.map((row, i) => row.map((v, j) => v - (bs[i]! * bs[j]!) / sbs + (y[i]! * y[j]!) / ys));
  }
  return b;
}

/** q(x + z) − q(x) = gᵀz + ½zᵀBz */
export function modelChange({ gradient, b }: ModelProblem, z: ArrayLike<number>): number {
  return dotOf(gradient, z) + 0.5 * dotOf(z, timesVector(b, z));
}

/** The generalized Cauchy point straight from its definition: every segment's derivatives from the whole of B. */
export function denseCauchyPoint({ x, gradient, box, b }: ModelProblem): { point: number[]; isActive: boolean[] } {
  const n = x.length;
  const times = Array.from({ length: n }, (_, i) => {
    const g = gradient[i]!;
    if (g === 0) return Infinity;
    return g < 0 ? (x[i]! - box.upper[i]!) / g : (x[i]! - box.lower[i]!) / g;
  });
  const at = (t: number): number[] =>
    Array.from({ length: n }, (_, i) => {
      if (t < times[i]!) return x[i]! - t * gradient[i]!;
      return gradient[i]! < 0 ? box.upper[i]! : box.lower[i]!;
    });
  const ends = [...new Set(times)].sort((a, c) => a - c);
  if (ends.at(-1) !== Infinity) ends.push(Infinity);
  let begin = 0;
  let found = Infinity;
  for (const end of ends) {
    if (end <= 0) continue;
    const d = times.map((time, i) => (time > begin ? -gradient[i]! : 0));
    const z = at(begin).map((v, i) => v - x[i]!);
    const slope = dotOf(gradient, d) + dotOf(d, timesVector(b, z));
    const curvature = dotOf(d, timesVector(b, d));
    const stop = curvature === 0 ? begin : begin + Math.max(-slope / curvature, 0);
    if (stop < end) {
      found = stop;
      break;
    }
    begin = end;
  }
  return { point: at(found), isActive: times.map((time) => time <= found) };
}

/** The unconstrained minimiser of the model over the variables with isFree, the others kept at `point`. */
export function denseNewtonPoint(problem: ModelProblem, point: ArrayLike<number>, isFree: boolean[]): number[] {
  const { x, gradient, b } = problem;
  const free = isFree.flatMap((is, i) => (is ? [i] : []));
  const z = Array.from(point, (v, i) => v - x[i]!);
  const bz = timesVector(b, z);
  const r = free.map((i) => -(gradient[i]! + bz[i]!));
  const step = solve(
    free.map((i) => free.map((j) => b[i]![j]!)),
    r,
  );
  const result = Array.from(point);
  free.forEach((i, k) => {
    result[i]! += step[k]!;
  });
  return result;
}

/** Gaussian elimination with partial pivoting. */
export function solve(matrix: Dense, right: number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i]![k]!) > Math.abs(a[pivot]![k]!)) pivot = i;
    [a[k], a[pivot]] = [a[pivot]!, a[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = a[i]![k]! / a[k]![k]!;
      for (let j = k; j <= n; j++) a[i]![j]! -= factor * a[k]![j]!;
    }
  }
  const v = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = a[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= a[i]![j]! * v[j]!;
    v[i] = sum / a[i]![i]!;
  }
  return v;
}

export function timesVector(b: Dense, v: ArrayLike<number>): number[] {
  return b.map((row) => dotOf(row, v));
}

function dotOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
