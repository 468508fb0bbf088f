/** L-BFGS-B: the loop of Cauchy point, subspace minimisation, line search and update (Byrd et al. 1995). */
import { cauchyPoint, createCauchySpace, identityCauchyPoint } from './cauchy-point.js';
import { clearMemory, createMemory, updateMemory } from './compact-matrices.js';
import { createFreeSet, updateFreeSet } from './free-set.js';
import {
  type Box,
  classifyBox,
  MESSAGES,
  type MinimizeOptions,
  type MinimizeResult,
  type MinimizeStatus,
  type ObjectiveFunction,
  projectedGradientNorm,
  projectOntoBox,
} from './problem.js';
import { createReducedMatrix, factorReducedMatrix, updateReducedMatrix } from './reduced-matrix.js';
import { type AcceptedStep, type Iterate, type Point, stepAlong } from './step.js';
import { minimizeOverFreeVariables } from './subspace.js';
import { access } from './vectors.js';

const { at } = access;

/**
 * Minimises `objective` over a box by L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995, Section 6; subspace step of Morales and
 * Nocedal 2011; Moré–Thuente line search), with the stopping rules and the counting of SciPy's `fmin_l_bfgs_b`.
 *
 * `x0` (n numbers) is projected onto the box first and left unchanged. Memory: 2·m·n + 9n numbers, allocated once. The
 * result's `f` and `gradient` always belong to its `x`.
 *
 * @throws RangeError where the sizes of x0 and the bounds differ, a lower bound exceeds its upper bound, or a limit is
 * not a positive whole number.
 * @example
 * const { x, status } = await minimize(rosenbrock, Float64Array.of(-1.2, 1), { upper: Float64Array.of(0.5, 2) });
 */
export async function minimize(
  objective: ObjectiveFunction,
  x0: Float64Array,
  options: MinimizeOptions = {},
): Promise<MinimizeResult> {
  const n = x0.length;
  const box: Box = {
    lower: options.lower ?? new Float64Array(n).fill(-Infinity),
    upper: options.upper ?? new Float64Array(n).fill(Infinity),
  };
  const { memory: m = 10, factr = 1e7, pgtol = 1e-5, maxIterations = 15000 } = options;
  const { maxEvaluations = 15000, maxLineSearchSteps = 20, onIteration } = options;
  checkArguments(n, box, { memory: m, maxIterations, maxEvaluations, maxLineSearchSteps });

  const work = createWorkspace(n, m, box);
  const start: Point = { x: x0.slice(), gradient: new Float64Array(n), f: Number.NaN };
  projectOntoBox(start.x, box);
  start.f = await objective(start.x, start.gradient);
  const trial = { x: new Float64Array(n), gradient: new Float64Array(n), f: Number.NaN };
  const iterate: Iterate = { current: start, trial, last: start, evaluations: 1 };
  let iterations = 0;
  const end = (status: MinimizeStatus, message: string = MESSAGES[status]): MinimizeResult => {
    const { current, evaluations } = iterate;
    return { ...current, iterations, evaluations, status, message };
  };

  if (!Number.isFinite(start.f) || !start.gradient.every(Number.isFinite)) return end('non-finite');
  if (projectedGradientNorm(start.x, start.gradient, box) <= pgtol) return end('converged', flatMessage(pgtol));
  for (;;) {
    if (!findTarget(iterate.current, box, work)) {
      clear(work);
      continue;
    }
    const outcome = await stepAlong(objective, iterate, box, work, iterations, maxLineSearchSteps);
    if (outcome === 'non-finite') return end('non-finite');
    if (outcome === 'failed') {
      if (work.memory.size === 0) return end('abnormal-line-search');
      clear(work);
      continue;
    }
    iterations++;
    const { x, gradient, f } = iterate.current;
    const { evaluations, trial: previous } = iterate;
    const projectedNorm = projectedGradientNorm(x, gradient, box);
    onIteration?.({ iteration: iterations, evaluations, f, projectedGradientNorm: projectedNorm, x });
    if (iterations >= maxIterations) return end('iteration-limit');
    if (evaluations > maxEvaluations) return end('evaluation-limit');
    if (projectedNorm <= pgtol) return end('converged', flatMessage(pgtol));
    if (previous.f - f <= factr * Number.EPSILON * Math.max(Math.abs(previous.f), Math.abs(f), 1)) {
      return end(
        'converged',
        `The last iteration changed the value by at most factr = ${factr} times its rounding error.`,
      );
    }
    if (!takeCorrection(iterate, work, outcome)) clear(work);
  }
}

function flatMessage(pgtol: number): string {
  return `The projected gradient is at most pgtol = ${pgtol} in every component.`;
}

function checkArguments(n: number, box: Box, limits: Record<string, number>): void {
  if (box.lower.length !== n || box.upper.length !== n) {
    throw new RangeError(`bounds of ${box.lower.length} and ${box.upper.length} numbers for ${n} variables`);
  }
  const crossed = box.lower.findIndex((lower, i) => !(lower <= at(box.upper, i)));
  if (crossed >= 0) {
    throw new RangeError(
      `lower[${crossed}] = ${box.lower[crossed]} is not at most upper[${crossed}] = ${box.upper[crossed]}`,
    );
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!(Number.isInteger(value) && value > 0))
      throw new RangeError(`${name} = ${value} is not a positive whole number`);
  }
}

type Workspace = ReturnType<typeof createWorkspace>;

function createWorkspace(n: number, m: number, box: Box) {
  const newton = new Float64Array(n);
  const order = new Int32Array(n);
  return {
    memory: createMemory(n, m),
    reduced: createReducedMatrix(m),
    // The breakpoints are done with before the Newton step and the changes of the free set are known, so they share.
    set: createFreeSet(n, order),
    newton,
    // Its point becomes the target of the line search, its direction the way there.
    space: createCauchySpace(m, newton, order),
    ...classifyBox(box),
  };
}

/** Forgets all curvature, so that the next direction is the projected gradient's. */
function clear(work: Workspace): void {
  clearMemory(work.memory);
  work.reduced.updates = 0;
}

/**
 * Writes x̄, where the line search heads for, into space.point (Byrd et al. 1995, Algorithm L-BFGS-B, steps 2 and 3);
 * false where rounding spoilt B.
 */
function findTarget({ x, gradient }: Point, box: Box, work: Workspace): boolean {
  const { memory, reduced, set, space, newton, constrained } = work;
  if (memory.size === 0) {
    identityCauchyPoint(x, gradient, box, space.point);
    return true;
  }
  let t = 0;
  if (constrained) {
    t = cauchyPoint(x, gradient, box, memory, space);
    updateFreeSet(set, space.isActive);
  } else {
    space.point.set(x);
  }
  updateReducedMatrix(reduced, memory, set);
  if (set.free.end === 0) return true;
  if (!factorReducedMatrix(reduced, memory)) return false;
  minimizeOverFreeVariables({ x, gradient, box, memory, set, reduced, space, t, newton });
  return true;
}

/** Takes s and y into the memory unless the curvature along the step is not clearly positive (3.1); false where rounding spoilt B. */
function takeCorrection({ current, trial: previous }: Iterate, work: Workspace, accepted: AcceptedStep): boolean {
  const { step, slope, initialSlope } = accepted;
  const curvature = (slope - initialSlope) * step;
  if (curvature <= Number.EPSILON * -initialSlope * step) return true;
  return updateMemory(work.memory, {
    ...accepted,
    direction: work.space.direction,
    gradient: current.gradient,
    previousGradient: previous.gradient,
    curvature,
  });
}
