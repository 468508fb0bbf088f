/** The minimiser of the quadratic model over the variables that are free at the Cauchy point. */
import type { CauchySpace } from './cauchy-point.js';
import { fromFrame, type LimitedMemory } from './compact-matrices.js';
import type { FreeSet } from './free-set.js';
import type { Box } from './problem.js';
import { type ReducedMatrix, solveReduced } from './reduced-matrix.js';
import { access, addColumnDotsAt, addColumnsAt, forEachStrip } from './vectors.js';

const { add, at, variableAt, clamp } = access;

export interface SubspaceProblem {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly box: Box;
  readonly memory: LimitedMemory;
  readonly set: FreeSet;
  readonly reduced: ReducedMatrix;
  /** What `cauchyPoint` wrote. Its point receives the result; its c and w are overwritten. */
  readonly space: CauchySpace;
  /** The step to the Cauchy point: x^c_i = x_i + t·direction_i for the free i. */
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
  for (let i = 0; i < x.length; i++) slope += (at(space.point, i) - at(x, i)) * at(gradient, i);
  if (slope > 0) addTruncated(problem);
}

/** d = r/θ + ZᵀW K⁻¹ Wᵀ Z r/θ² (5.11), r = −Zᵀ(g + θ(x^c − x) − W M c) the reduced gradient (5.4) with its sign turned. */
function newtonStep({ x, gradient, memory, set, reduced, space, t, newton }: SubspaceProblem): void {
  const { point, c, w: v } = space;
  const { size, theta, s, y } = memory;
  if (t > 0) fromFrame(memory, c);
  for (let j = size; j < 2 * size; j++) c[j] = theta * at(c, j);
  v.fill(0);
  forEachStrip(set.free, (strip) => {
    const { indices, begin, end } = strip;
    for (let k = begin; k < end; k++) {
      const i = variableAt(indices, k);
      newton[i] = -theta * (at(point, i) - at(x, i)) - at(gradient, i);
    }
    if (t > 0) {
      addColumnsAt(y, size, c, 0, strip, newton);
      addColumnsAt(s, size, c, size, strip, newton);
    }
    addColumnDotsAt(y, size, newton, strip, v, 0);
    addColumnDotsAt(s, size, newton, strip, v, size);
  });
  for (let j = size; j < 2 * size; j++) v[j] = theta * at(v, j);
  solveReduced(reduced, memory, v);
  for (let j = 0; j < size; j++) v[j] = at(v, j) / theta;
  forEachStrip(set.free, (strip) => {
    addColumnsAt(y, size, v, 0, strip, newton);
    addColumnsAt(s, size, v, size, strip, newton);
    for (let k = strip.begin; k < strip.end; k++) {
      const i = variableAt(strip.indices, k);
      newton[i] = at(newton, i) / theta;
    }
  });
}

/** point ← P(point + newton) over the free variables; true where a bound was met. */
function addProjected({ box, set, space, newton }: SubspaceProblem): boolean {
  const { indices, end } = set.free;
  const { lower, upper } = box;
  const { point } = space;
  let metBound = false;
  for (let k = 0; k < end; k++) {
    const i = variableAt(indices, k);
    const target = at(point, i) + at(newton, i);
    const low = at(lower, i);
    const high = at(upper, i);
    point[i] = clamp(target, low, high);
    if (target <= low || target >= high) metBound = true;
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
    const i = variableAt(indices, k);
    point[i] = at(x, i) + t * at(direction, i);
    const d = at(newton, i);
    if (d === 0) continue;
    const room = d < 0 ? at(lower, i) - at(point, i) : at(upper, i) - at(point, i);
    const reached = room / d;
    if (reached < alpha) {
      alpha = Math.max(reached, 0);
      blocking = i;
    }
  }
  for (let k = 0; k < end; k++) {
    const i = variableAt(indices, k);
    if (i === blocking) point[i] = at(newton, i) > 0 ? at(upper, i) : at(lower, i);
    else add(point, i, alpha * at(newton, i));
  }
}
