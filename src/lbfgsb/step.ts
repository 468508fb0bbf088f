/** The step from an iterate along a direction: its first trial, its evaluations and the point that is accepted. */
import type { CauchySpace } from './cauchy-point.js';
import { advanceLineSearch, startLineSearch } from './line-search.js';
import type { Box, ObjectiveFunction } from './problem.js';
import { access, dot } from './vectors.js';

const { at } = access;

/** Longest step where no bound limits it. */
const NO_LIMIT = 1e10;

export interface Point {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  f: number;
}

/** The points change places when the trial is accepted, so a failed line search leaves the current one as it was. */
export interface Iterate {
  current: Point;
  trial: Point;
  /** The one of them at which the objective was last evaluated. */
  last: Point;
  evaluations: number;
}

interface Line {
  /** Its point is the target, where a step of 1 leads; its direction receives the way there. */
  readonly space: CauchySpace;
  readonly constrained: boolean;
  readonly boxed: boolean;
}

export interface AcceptedStep {
  readonly step: number;
  readonly slope: number;
  readonly initialSlope: number;
  readonly directionSquared: number;
}

/** Moves the iterate along the direction to an accepted step; leaves it where it was otherwise. */
export async function stepAlong(
  objective: ObjectiveFunction,
  iterate: Iterate,
  box: Box,
  { space, constrained, boxed }: Line,
  iterations: number,
  maxSteps: number,
): Promise<AcceptedStep | 'failed' | 'non-finite'> {
  const first = iterations === 0;
  const { initialSlope, directionSquared, longest } = prepareLine(iterate.current, box, space);
  if (!(initialSlope < 0)) return 'failed';
  const maximum = first && constrained ? 1 : longest;
  const initialStep = first && !boxed ? 1 / Math.sqrt(directionSquared) : 1;
  const search = startLineSearch(iterate.current.f, initialSlope, Math.min(initialStep, maximum), maximum);
  for (let evaluated = 0; evaluated < maxSteps; evaluated++) {
    await evaluateTrial(objective, iterate, space, search.step);
    const { current, trial } = iterate;
    const slope = dot(trial.gradient, space.direction);
    if (!Number.isFinite(trial.f + slope)) return 'non-finite';
    if (advanceLineSearch(search, trial.f, slope)) {
      iterate.current = trial;
      iterate.trial = current;
      iterate.last = trial;
      return { step: search.step, slope, initialSlope, directionSquared };
    }
  }
  return 'failed';
}

/**
 * Evaluates the objective at x + step·direction, or at the target for a step of 1, so that bounds are met exactly. Like
 * SciPy, a point equal to the last one evaluated is not evaluated again.
 */
async function evaluateTrial(
  objective: ObjectiveFunction,
  iterate: Iterate,
  { direction, point: target }: CauchySpace,
  step: number,
): Promise<void> {
  const { current, trial, last } = iterate;
  let same = true;
  for (let i = 0; i < trial.x.length; i++) {
    const xi = step === 1 ? at(target, i) : step * at(direction, i) + at(current.x, i);
    if (xi !== at(last.x, i)) same = false;
    trial.x[i] = xi;
  }
  if (!same) {
    trial.f = await objective(trial.x, trial.gradient);
    iterate.evaluations++;
    iterate.last = trial;
  } else if (last === current) {
    trial.gradient.set(current.gradient);
    trial.f = current.f;
  }
}

/** Writes d = x̄ − x, and returns gᵀd, dᵀd and the longest step along d that stays in the box. */
function prepareLine({ x, gradient }: Point, box: Box, { point, direction }: CauchySpace) {
  const { lower, upper } = box;
  let initialSlope = 0;
  let directionSquared = 0;
  let longest = NO_LIMIT;
  for (let i = 0; i < x.length; i++) {
    const xi = at(x, i);
    const d = at(point, i) - xi;
    direction[i] = d;
    initialSlope += at(gradient, i) * d;
    directionSquared += d * d;
    const reach = Math.abs(d) * longest;
    // Most variables are far from either bound: ask that first.
    if (at(upper, i) - xi < reach || xi - at(lower, i) < reach) {
      const room = d < 0 ? xi - at(lower, i) : at(upper, i) - xi;
      if (room < reach) longest = Math.max(room / Math.abs(d), 0);
    }
  }
  return { initialSlope, directionSquared, longest };
}
