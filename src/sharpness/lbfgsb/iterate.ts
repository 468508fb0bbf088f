import type { Objective } from './problem.js';

/**
 * The current iterate and the newest trial point. The two pairs of buffers change places when a trial is accepted, so
 * a failed line search leaves the iterate as it was.
 */
export interface Iterate {
  x: Float64Array;
  gradient: Float64Array;
  f: number;
  trialX: Float64Array;
  trialGradient: Float64Array;
  trialF: number;
  evaluations: number;
  /** Whether the objective was last evaluated at `x` rather than at `trialX`. */
  lastEvaluatedIsX: boolean;
}

/** Evaluates the objective at `x`, which the iterate keeps. */
export async function startIterate(objective: Objective, x: Float64Array): Promise<Iterate> {
  const gradient = new Float64Array(x.length);
  const f = await objective(x, gradient);
  return {
    x,
    gradient,
    f,
    trialX: new Float64Array(x.length),
    trialGradient: new Float64Array(x.length),
    trialF: Number.NaN,
    evaluations: 1,
    lastEvaluatedIsX: true,
  };
}

/**
 * Evaluates the objective at x + step·direction, or at `target` for a step of 1, so that bounds are met exactly. Like
 * SciPy, a point equal to the last one evaluated is not evaluated again.
 */
export async function evaluateTrial(
  objective: Objective,
  iterate: Iterate,
  direction: Float64Array,
  target: Float64Array,
  step: number,
): Promise<void> {
  const { x, trialX, trialGradient } = iterate;
  const last = iterate.lastEvaluatedIsX ? x : trialX;
  let same = true;
  if (step === 1) {
    for (let i = 0; i < x.length; i++) {
      const xi = target[i]!;
      if (xi !== last[i]!) same = false;
      trialX[i] = xi;
    }
  } else {
    for (let i = 0; i < x.length; i++) {
      const xi = step * direction[i]! + x[i]!;
      if (xi !== last[i]!) same = false;
      trialX[i] = xi;
    }
  }
  if (!same) {
    iterate.trialF = await objective(trialX, trialGradient);
    iterate.evaluations++;
    iterate.lastEvaluatedIsX = false;
  } else if (iterate.lastEvaluatedIsX) {
    trialGradient.set(iterate.gradient);
    iterate.trialF = iterate.f;
  }
}

/** Makes the trial point the iterate; the old iterate is then in the trial buffers. */
export function acceptTrial(iterate: Iterate): void {
  const { x, gradient, f } = iterate;
  iterate.x = iterate.trialX;
  iterate.gradient = iterate.trialGradient;
  iterate.f = iterate.trialF;
  iterate.trialX = x;
  iterate.trialGradient = gradient;
  iterate.trialF = f;
  iterate.lastEvaluatedIsX = true;
}
