/** What a bounded optimizer solves, and with what settings and result. */
import { access } from './vectors.js';

const { at, clamp } = access;

/**
 * A function to be minimised: writes its gradient at `x` into `gradient` and returns its value.
 * Both arrays belong to the caller and are reused: copy them to keep them, and never write to `x`.
 */
export type ObjectiveFunction = (x: Float64Array, gradient: Float64Array) => Promise<number>;

/** The box l ≤ x ≤ u; ±Infinity stands for "no bound". */
export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** A function over a box. */
export interface BoundedProblem {
  readonly objective: ObjectiveFunction;
  readonly box: Box;
}

/** Why a minimisation ends, in a sentence; that of `converged` names the rule that was met. */
export const MESSAGES = {
  converged: '',
  'iteration-limit': 'The limit on iterations was reached.',
  'evaluation-limit': 'The limit on evaluations was exceeded.',
  'abnormal-line-search':
    'The line search found no acceptable step even along the projected gradient: the gradient may be wrong, or rounding dominates.',
  'non-finite': 'The objective or its gradient was not finite; the last finite point is returned.',
} as const;

export type MinimizeStatus = keyof typeof MESSAGES;

export interface IterationReport {
  /** 1 after the first iteration. */
  readonly iteration: number;
  readonly evaluations: number;
  readonly f: number;
  /** Infinity norm of the projected gradient P(x − g) − x. */
  readonly projectedGradientNorm: number;
  /** The iterate itself, not a copy: valid during the call only. */
  readonly x: Float64Array;
}

/** SciPy's `fmin_l_bfgs_b` settings under their full names, with the same defaults. */
export interface MinimizeOptions {
  /** Default: no lower bounds. */
  readonly lower?: Float64Array;
  /** Default: no upper bounds. */
  readonly upper?: Float64Array;
  /** m, the number of correction pairs kept; default 10. */
  readonly memory?: number;
  /** Stop when (f − f₊)/max(|f|, |f₊|, 1) ≤ factr · 2⁻⁵²; default 1e7. */
  readonly factr?: number;
  /** Stop when the infinity norm of the projected gradient is at most this; default 1e-5. */
  readonly pgtol?: number;
  /** Default 15000. */
  readonly maxIterations?: number;
  /** Tested after each iteration, so the last line search may overrun it; default 15000. */
  readonly maxEvaluations?: number;
  /** Evaluations allowed to one line search; default 20. */
  readonly maxLineSearchSteps?: number;
  readonly onIteration?: (report: IterationReport) => void;
}

export interface MinimizeResult {
  readonly x: Float64Array;
  readonly f: number;
  readonly gradient: Float64Array;
  readonly iterations: number;
  /** Evaluations at distinct successive points: a point equal to the last one evaluated is not evaluated again. */
  readonly evaluations: number;
  readonly status: MinimizeStatus;
  /** One sentence that says why the run ended. */
  readonly message: string;
}

/** −objective, for maximising with a minimiser. */
export function negated(objective: ObjectiveFunction): ObjectiveFunction {
  return async (x, gradient) => {
    const f = await objective(x, gradient);
    for (let i = 0; i < gradient.length; i++) gradient[i] = -at(gradient, i);
    return -f;
  };
}

/** `constrained` is false where no variable has a bound, `boxed` true where every variable has two. */
export function classifyBox({ lower, upper }: Box) {
  return {
    constrained: lower.some((low) => low > -Infinity) || upper.some((high) => high < Infinity),
    boxed: lower.every((low) => low > -Infinity) && upper.every((high) => high < Infinity),
  };
}

/** x ← P(x, l, u) (Byrd et al. 1995, Eq. 2.3) */
export function projectOntoBox(x: Float64Array, box: Box): void {
  const { lower, upper } = box;
  for (let i = 0; i < x.length; i++) x[i] = clamp(at(x, i), at(lower, i), at(upper, i));
}

/** ‖P(x − g, l, u) − x‖∞ (Byrd et al. 1995, Eq. 6.1): zero exactly at a stationary point of the box. */
export function projectedGradientNorm(x: Float64Array, gradient: Float64Array, box: Box): number {
  const { lower, upper } = box;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const g = at(gradient, i);
    let size = Math.abs(g);
    if (size <= largest) continue;
    const room = g < 0 ? at(upper, i) - at(x, i) : at(x, i) - at(lower, i);
    if (room < size) size = room;
    if (size > largest) largest = size;
  }
  return largest;
}
