/** Functions with known minima, evaluated here and in SciPy alike. */
import { readFileSync } from 'node:fs';
import type { MinimizeOptions, ObjectiveFunction } from '../problem.js';

/** f and ∇f in the order of operations of scripts/lbfgsb-goldens.py, so that SciPy sees the same values. */
type Function = (x: Float64Array, g: Float64Array) => number;

interface Entry {
  readonly name: string;
  readonly function: string;
  /** Number of variables; default: as many as `start` has. */
  readonly n?: number;
  /** Repeated up to n numbers; so are the bounds, where null is none. */
  readonly start?: readonly number[];
  readonly lower?: readonly (number | null)[];
  readonly upper?: readonly (number | null)[];
  readonly curvature?: number;
  readonly gradient?: number;
  /** ε of the box |z_i − x_i| ≤ ε(|x_i| + 1) */
  readonly box?: number;
  readonly options?: MinimizeOptions;
}

export interface ZooProblem {
  readonly name: string;
  readonly objective: ObjectiveFunction;
  readonly start: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly options: MinimizeOptions;
}

const ENTRIES = JSON.parse(readFileSync(new URL('./zoo.json', import.meta.url), 'utf8')) as Entry[];

/** Every problem of zoo.json. */
export function zoo(): ZooProblem[] {
  return ENTRIES.map((entry) => {
    const n = entry.n ?? entry.start!.length;
    const start = entry.start ? repeat(entry.start, n, 0) : flatMinimum(n);
    const lower = repeat(entry.lower ?? [null], n, -Infinity);
    const upper = repeat(entry.upper ?? [null], n, Infinity);
    if (entry.box !== undefined) {
      for (let i = 0; i < n; i++) {
        const radius = entry.box * (Math.abs(start[i]!) + 1);
        lower[i] = start[i]! - radius;
        upper[i] = start[i]! + radius;
      }
    }
    const f = functionNamed(entry, start);
    return { name: entry.name, objective: async (x, g) => f(x, g), start, lower, upper, options: entry.options ?? {} };
  });
}

export function zooProblem(name: string): ZooProblem {
  const problem = zoo().find((candidate) => candidate.name === name);
  if (!problem) throw new Error(`no problem named ${name} in zoo.json`);
  return problem;
}

function repeat(pattern: readonly (number | null)[], n: number, missing: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => pattern[i % pattern.length] ?? missing);
}

/** Numbers in [−1, 1] in no order. */
function flatMinimum(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 1000) / 500 - 1);
}

function functionNamed(entry: Entry, start: Float64Array): Function {
  const { curvature = 0, gradient = 0 } = entry;
  switch (entry.function) {
    case 'sharpness':
      return (x, g) => valleyAround(start, curvature, gradient, 0, x, g, -1, -1);
    case 'quarticSharpness':
      return (x, g) => valleyAround(start, curvature, gradient, -1e4, x, g, -1, -1);
    case 'wrongSign':
      return (x, g) => valleyAround(start, curvature, gradient, 0, x, g, -1, 1);
    default:
      return FUNCTIONS[entry.function]!;
  }
}

/** Σ γ_i d_i + ½ c d_i² + q d_i⁴ with d = x − start and γ_i = ±γ scaled by 1 to 3. */
function valleyAround(
  start: Float64Array,
  curvature: number,
  slope: number,
  quartic: number,
  x: Float64Array,
  g: Float64Array,
  valueSign: number,
  gradientSign: number,
): number {
  let f = 0;
  for (let i = 0; i < x.length; i++) {
    const d = x[i]! - start[i]!;
    const gamma = (i % 2 === 0 ? slope : -slope) * (1 + (i % 5) / 2);
    f += gamma * d + 0.5 * curvature * d * d + quartic * d * d * d * d;
    g[i] = gradientSign * (gamma + curvature * d + 4 * quartic * d * d * d);
  }
  return valueSign * f;
}

const rosenbrock: Function = (x, g) => {
  g.fill(0);
  let f = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = x[i + 1]! - x[i]! * x[i]!;
    const b = 1 - x[i]!;
    f += 100 * a * a + b * b;
    g[i]! += -400 * x[i]! * a - 2 * b;
    g[i + 1]! += 200 * a;
  }
  return f;
};

const FUNCTIONS: Record<string, Function> = {
  rosenbrock,

  /** The gradient turns its sign once f falls below 20: the line search then fails with curvature in memory. */
  turncoat: (x, g) => {
    const f = rosenbrock(x, g);
    if (f < 20) for (let i = 0; i < g.length; i++) g[i] = -g[i]!;
    return f;
  },

  /** The sample problem that L-BFGS-B is distributed with. */
  nocedal: (x, g) => {
    const n = x.length;
    const a0 = x[0]! - 1;
    let f = 0.25 * a0 * a0;
    for (let i = 1; i < n; i++) {
      const t = x[i]! - x[i - 1]! * x[i - 1]!;
      f += t * t;
    }
    let t1 = x[1]! - x[0]! * x[0]!;
    g[0] = 2 * a0 - 16 * x[0]! * t1;
    for (let i = 1; i + 1 < n; i++) {
      const t2 = t1;
      t1 = x[i + 1]! - x[i]! * x[i]!;
      g[i] = 8 * t2 - 16 * x[i]! * t1;
    }
    g[n - 1] = 8 * t1;
    return 4 * f;
  },

  /** ½xᵀTx − bᵀx with T = tridiag(−1, 2.1, −1), b_i = (−1)^⌊i/3⌋ */
  tridiagonal: (x, g) => {
    const n = x.length;
    let f = 0;
    for (let i = 0; i < n; i++) {
      const b = Math.floor(i / 3) % 2 === 0 ? 1 : -1;
      let t = 2.1 * x[i]!;
      if (i > 0) t -= x[i - 1]!;
      if (i + 1 < n) t -= x[i + 1]!;
      f += 0.5 * x[i]! * t - b * x[i]!;
      g[i] = t - b;
    }
    return f;
  },

  /** Σ ½ a_i (x_i − ½)² with a_i = 1, 10, …, 1e6, 1, … */
  illScaled: (x, g) => {
    let f = 0;
    for (let i = 0; i < x.length; i++) {
      const a = Number(`1e${i % 4}`);
      const d = x[i]! - 0.5;
      f += 0.5 * a * d * d;
      g[i] = a * d;
    }
    return f;
  },

  beale: (x, g) => {
    const [a, b] = [x[0]!, x[1]!];
    const t1 = 1.5 - a + a * b;
    const t2 = 2.25 - a + a * b * b;
    const t3 = 2.625 - a + a * b * b * b;
    g[0] = 2 * t1 * (b - 1) + 2 * t2 * (b * b - 1) + 2 * t3 * (b * b * b - 1);
    g[1] = 2 * t1 * a + 4 * t2 * a * b + 6 * t3 * a * b * b;
    return t1 * t1 + t2 * t2 + t3 * t3;
  },

  himmelblau: (x, g) => {
    const [a, b] = [x[0]!, x[1]!];
    const t1 = a * a + b - 11;
    const t2 = a + b * b - 7;
    g[0] = 4 * a * t1 + 2 * t2;
    g[1] = 2 * t1 + 4 * b * t2;
    return t1 * t1 + t2 * t2;
  },

  brown: (x, g) => {
    const [a, b] = [x[0]!, x[1]!];
    const t1 = a - 1e6;
    const t2 = b - 2e-6;
    const t3 = a * b - 2;
    g[0] = 2 * t1 + 2 * t3 * b;
    g[1] = 2 * t2 + 2 * t3 * a;
    return t1 * t1 + t2 * t2 + t3 * t3;
  },

  powell: (x, g) => {
    const [a, b, c, d] = [x[0]!, x[1]!, x[2]!, x[3]!];
    const t1 = a + 10 * b;
    const t2 = c - d;
    const t3 = b - 2 * c;
    const t4 = a - d;
    g[0] = 2 * t1 + 40 * t4 * t4 * t4;
    g[1] = 20 * t1 + 4 * t3 * t3 * t3;
    g[2] = 10 * t2 - 8 * t3 * t3 * t3;
    g[3] = -10 * t2 - 40 * t4 * t4 * t4;
    return t1 * t1 + 5 * t2 * t2 + t3 * t3 * t3 * t3 + 10 * t4 * t4 * t4 * t4;
  },

  wood: (x, g) => {
    const [a, b, c, d] = [x[0]!, x[1]!, x[2]!, x[3]!];
    const t1 = b - a * a;
    const t2 = d - c * c;
    const [u1, u2, u3, u4] = [1 - a, 1 - b, 1 - c, 1 - d];
    g[0] = -400 * a * t1 - 2 * u1;
    g[1] = 200 * t1 - 20.2 * u2 - 19.8 * u4;
    g[2] = -360 * c * t2 - 2 * u3;
    g[3] = 180 * t2 - 20.2 * u4 - 19.8 * u2;
    return 100 * t1 * t1 + u1 * u1 + 90 * t2 * t2 + u3 * u3 + 10.1 * (u2 * u2 + u4 * u4) + 19.8 * u2 * u4;
  },

  /** Σ 0.1 x_i² − cos(3x_i + i) + ½ x_i x_{i+1} */
  cosines: (x, g) => {
    g.fill(0);
    let f = 0;
    for (let i = 0; i < x.length; i++) {
      f += 0.1 * x[i]! * x[i]! - Math.cos(3 * x[i]! + i);
      g[i]! += 0.2 * x[i]! + 3 * Math.sin(3 * x[i]! + i);
      if (i + 1 < x.length) {
        f += 0.5 * x[i]! * x[i + 1]!;
        g[i]! += 0.5 * x[i + 1]!;
        g[i + 1]! += 0.5 * x[i]!;
      }
    }
    return f;
  },
};
