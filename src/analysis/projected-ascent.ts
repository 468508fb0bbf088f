/** The largest loss in a box by projected gradient ascent: a second opinion on L-BFGS-B. */
import { type Box, type ObjectiveFunction, projectOntoBox } from '../lbfgsb/problem.js';
import { access } from '../lbfgsb/vectors.js';
import { uniform } from '../support/random.js';

const { add, at } = access;

interface ProjectedAscentOptions extends Box {
  /** Steps from each start; default 20. */
  readonly steps?: number;
  /** Starts drawn uniformly from the box after the one at x0; default 2. */
  readonly restarts?: number;
  /** Of the random starts; default 1. */
  readonly seed?: number;
  readonly onStep?: (report: { start: number; step: number; f: number; best: number }) => void;
}

/** The step as a fraction of the box's half-width: enough to cross from the centre to a corner at first. */
const FIRST_STEP = 1;
const LAST_STEP = 0.01;

/**
 * A lower bound on the objective's maximum over a bounded box, independent of any model of it: projected ascent along
 * the sign of the gradient, the steepest direction where every variable is measured by its own half-width, with steps
 * that shrink geometrically, from x0 and from random points of the box.
 *
 * @returns the best point seen and the objective there, NaN where no evaluation was finite; and the best value of each
 * start, that of x0 first.
 * @throws RangeError where the box is not bounded.
 */
export async function maximizeByProjectedAscent(
  objective: ObjectiveFunction,
  x0: Float64Array,
  options: ProjectedAscentOptions,
) {
  const { lower, upper, steps = 20, restarts = 2, seed = 1, onStep } = options;
  const n = x0.length;
  const unbounded = x0.findIndex((_, i) => !Number.isFinite(at(upper, i) - at(lower, i)));
  if (unbounded >= 0) throw new RangeError(`variable ${unbounded} is not bounded on both sides`);

  const shrink = (LAST_STEP / FIRST_STEP) ** (1 / Math.max(steps - 1, 1));
  const x = new Float64Array(n);
  const gradient = new Float64Array(n);
  const bestX = Float64Array.from(x0);
  let best = -Infinity;
  let evaluations = 0;
  const starts: number[] = [];
  for (let start = 0; start <= restarts; start++) {
    if (start === 0) x.set(x0);
    else drawInto(x, seed, start, options);
    projectOntoBox(x, options);
    let bestOfStart = Number.NaN;
    for (let step = 0; step <= steps; step++) {
      const f = await objective(x, gradient);
      evaluations++;
      if (!Number.isFinite(f)) break;
      if (!(f <= bestOfStart)) bestOfStart = f;
      if (f > best) {
        best = f;
        bestX.set(x);
      }
      onStep?.({ start, step, f, best });
      if (step < steps) ascend(x, gradient, FIRST_STEP * shrink ** step, options);
    }
    starts.push(bestOfStart);
  }
  return { x: bestX, f: best === -Infinity ? Number.NaN : best, evaluations, starts };
}

function drawInto(x: Float64Array, seed: number, start: number, { lower, upper }: Box): void {
  const draws = uniform({ seed, purpose: 'sharpness', step: start }, x.length);
  for (const [i, draw] of draws.entries()) x[i] = at(lower, i) + draw * (at(upper, i) - at(lower, i));
}

/** x ← P(x + fraction · half-width · sign(gradient)) */
function ascend(x: Float64Array, gradient: Float64Array, fraction: number, box: Box): void {
  const { lower, upper } = box;
  for (let i = 0; i < x.length; i++) {
    const reach = fraction * 0.5 * (at(upper, i) - at(lower, i));
    add(x, i, reach * Math.sign(at(gradient, i)));
  }
  projectOntoBox(x, box);
}
