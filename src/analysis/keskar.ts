/** (C_ε, A)-sharpness, Metric 2.1 of Keskar et al. (ICLR 2017), as the paper's section 4 reports it. */
import { minimize } from '../lbfgsb/minimize.js';
import { type BoundedProblem, type MinimizeStatus, negated, type ObjectiveFunction } from '../lbfgsb/problem.js';
import { at } from '../support/at.js';
import { uniform } from '../support/random.js';

/**
 * Where a maximum is looked for: f as a function of the variables that may move, from `center`, within a box around it.
 * These are all weights, or a random subspace through them (manifold.ts).
 */
export interface SearchSpace extends BoundedProblem {
  readonly center: Float64Array;
}

/** Keskar et al.'s C_ε with A = I, around w instead of 0: |zᵢ − wᵢ| ≤ ε(|wᵢ| + 1). */
export function fullSpace(objective: ObjectiveFunction, w: Float64Array, epsilon: number): SearchSpace {
  return {
    objective,
    center: w,
    box: {
      lower: w.map((wi) => wi - epsilon * (Math.abs(wi) + 1)),
      upper: w.map((wi) => wi + epsilon * (Math.abs(wi) + 1)),
    },
  };
}

/** 100·(max f − f)/(1 + f) */
export function relativeIncrease(maximum: number, loss: number): number {
  return (100 * (maximum - loss)) / (1 + loss);
}

export interface MaximumOptions {
  /** L-BFGS-B's; the paper allows 10. */
  readonly maxIterations: number;
  /** From the minimiser, or from a point drawn uniformly from the box. */
  readonly start: 'center' | 'random';
  /** Of the random start. */
  readonly seed: number;
  /** Counts the random starts. */
  readonly repeat: number;
  /**
   * `reference` minimises −f with +∇f where its gradient should be, as the authors' measure_sharpness.py does: L-BFGS-B
   * then walks down the loss and its line search fails, unless a step overshoots a sharp valley.
   */
  readonly gradient: 'exact' | 'reference';
  readonly onIteration?: (report: { iteration: number; evaluations: number; sharpness: number }) => void;
}

export interface SharpnessOnce {
  /** Of the point that L-BFGS-B returned: its last iterate, which no earlier one exceeds. */
  readonly sharpness: number;
  /** f at the center. */
  readonly loss: number;
  readonly status: MinimizeStatus;
  readonly evaluations: number;
}

/**
 * One run of L-BFGS-B with SciPy's defaults over the space's box. A failed line search leaves it where it started: from
 * the center that is a sharpness of exactly 0.
 */
export async function measureOnce(space: SearchSpace, options: MaximumOptions): Promise<SharpnessOnce> {
  const { maxIterations, start, gradient, onIteration } = options;
  const { box, center } = space;
  // L-BFGS-B's first evaluation is at its start, so the center is evaluated for itself only where that is elsewhere.
  let isKnown = start !== 'center';
  let loss = isKnown ? await space.objective(center, new Float64Array(center.length)) : Number.NaN;
  const withWrongSign: ObjectiveFunction = async (z, g) => -(await space.objective(z, g));
  const minus = gradient === 'exact' ? negated(space.objective) : withWrongSign;
  const objective: ObjectiveFunction = async (z, g) => {
    const value = await minus(z, g);
    if (!isKnown) loss = -value;
    isKnown = true;
    return value;
  };
  const from = start === 'center' ? center : randomPoint(space, options);
  const { f, status, evaluations } = await minimize(objective, from, {
    ...box,
    maxIterations,
    onIteration: ({ iteration, evaluations, f }) =>
      onIteration?.({ iteration, evaluations, sharpness: relativeIncrease(-f, loss) }),
  });
  return { sharpness: relativeIncrease(-f, loss), loss, status, evaluations };
}

function randomPoint({ box, center }: SearchSpace, { seed, repeat }: MaximumOptions): Float64Array {
  const draws = uniform({ seed, purpose: 'sharpness', chunk: repeat }, center.length);
  return center.map((_, i) => (1 - at(draws, i)) * at(box.lower, i) + at(draws, i) * at(box.upper, i));
}
