/** The generalised Cauchy point: the first local minimiser of the quadratic model along the projected gradient. */
import { frameProduct, type LimitedMemory, toFrame } from './compact-matrices.js';
import type { Box } from './problem.js';
import { access, axpy, columnDots } from './vectors.js';

const { at, column, variableAt, clamp } = access;

/** What the search for the Cauchy point writes. */
export type CauchySpace = Readonly<ReturnType<typeof createCauchySpace>>;

/** `times` and `variables` are n numbers of room for the breakpoints, which only `cauchyPoint` needs. */
export function createCauchySpace(m: number, times: Float64Array, variables: Int32Array) {
  const n = times.length;
  return {
    /** On return x^c. */
    point: new Float64Array(n),
    /** On return 1 for a variable that rests at a bound in x^c, else 0. */
    isActive: new Uint8Array(n),
    /** On return −g_i for a variable still moving at x^c, else 0. */
    direction: new Float64Array(n),
    breakpoints: createBreakpoints(times, variables),
    /** On return A⁻¹c, c = Wᵀ(x^c − x), in the frame of compact-matrices.ts. */
    c: new Float64Array(2 * m),
    /** Scratch: A⁻¹p with p = Wᵀd, and A⁻¹w_b. */
    p: new Float64Array(2 * m),
    w: new Float64Array(2 * m),
  };
}

/**
 * The generalized Cauchy point for B = I, as with an empty memory. The model is then separable along the projected
 * gradient path, whose first minimiser is at t = 1: x^c = P(x − g), with no breakpoints to sort.
 */
export function identityCauchyPoint(x: Float64Array, gradient: Float64Array, box: Box, point: Float64Array): void {
  const { lower, upper } = box;
  for (let i = 0; i < x.length; i++) {
    point[i] = clamp(at(x, i) - at(gradient, i), at(lower, i), at(upper, i));
  }
}

/**
 * The generalized Cauchy point (Byrd et al. 1995, Algorithm CP): the first local minimiser of the model along the
 * projected gradient path x(t) = P(x − t g, l, u). Returns its t, so that x^c_i = x_i + t·direction_i wherever i still
 * moves.
 */
export function cauchyPoint(
  x: Float64Array,
  gradient: Float64Array,
  box: Box,
  memory: LimitedMemory,
  space: CauchySpace,
): number {
  const { point, direction, isActive, breakpoints, c, p, w } = space;
  const { size, theta, s, y } = memory;
  point.set(x);
  c.fill(0);
  const { directionSquared, unboundedMotion } = startPath(x, gradient, box, space);
  if (directionSquared === 0) return 0;
  columnDots(y, size, direction, p, 0);
  columnDots(s, size, direction, p, size);
  for (let j = size; j < 2 * size; j++) p[j] = theta * at(p, j);
  toFrame(memory, p, p);

  let slope = -directionSquared;
  let curvature = theta * directionSquared - frameProduct(size, p, p);
  const curvatureFloor = Number.EPSILON * theta * directionSquared;
  let toMinimizer = -slope / curvature;
  let t = 0;
  for (let k = 0; k < breakpoints.count; k++) {
    // Sorting starts only if the first breakpoint comes before the minimiser.
    const tNext = k === 0 ? breakpoints.smallest : settleBreakpoint(breakpoints, k);
    const dt = tNext - t;
    if (toMinimizer < dt) break;
    if (k === 0) settleBreakpoint(breakpoints, 0);

    t = tNext;
    const b = variableAt(breakpoints.variables, k);
    const d = at(direction, b);
    // Variable b reaches the bound it is heading for and stays there.
    point[b] = d > 0 ? at(box.upper, b) : at(box.lower, b);
    direction[b] = 0;
    isActive[b] = 1;
    const z = at(point, b) - at(x, b);
    axpy(dt, p, c, 2 * size);
    for (let j = 0; j < size; j++) {
      w[j] = at(column(y, j), b);
      w[size + j] = theta * at(column(s, j), b);
    }
    toFrame(memory, w, w);
    // (4.9) and (4.10) with g_b = −d.
    slope += dt * curvature + d * d - theta * d * z + d * frameProduct(size, w, c);
    curvature += -theta * d * d + 2 * d * frameProduct(size, w, p) - d * d * frameProduct(size, w, w);
    curvature = Math.max(curvatureFloor, curvature);
    axpy(-d, w, p, 2 * size);
    const allRest = k + 1 === breakpoints.count && !unboundedMotion;
    toMinimizer = allRest ? 0 : -slope / curvature;
  }
  toMinimizer = Math.max(toMinimizer, 0);
  t += toMinimizer;
  axpy(toMinimizer, p, c, 2 * size);
  axpy(t, direction, point);
  return t;
}

/** Finds the direction d at x, the variables that stay at a bound, and the breakpoints (4.1). */
function startPath(x: Float64Array, gradient: Float64Array, box: Box, space: CauchySpace) {
  const { direction, isActive, breakpoints } = space;
  const { lower, upper } = box;
  breakpoints.count = 0;
  breakpoints.smallest = Infinity;
  breakpoints.segmentEnds.length = 0;
  let directionSquared = 0;
  let unboundedMotion = false;
  for (let i = 0; i < x.length; i++) {
    const g = at(gradient, i);
    const room = g > 0 ? at(x, i) - at(lower, i) : at(upper, i) - at(x, i);
    const rests = room <= 0 || (g === 0 && at(x, i) <= at(lower, i));
    const d = rests ? 0 : -g;
    direction[i] = d;
    isActive[i] = rests ? 1 : 0;
    directionSquared += d * d;
    if (d === 0) continue;
    if (room < Infinity) addBreakpoint(breakpoints, room / Math.abs(g), i);
    else unboundedMotion = true;
  }
  return { directionSquared, unboundedMotion };
}

/**
 * The breakpoints t_i of the projected gradient path (Byrd et al. 1995, Eq. 4.1), handed out smallest first. The Cauchy
 * search usually stops early, so they are sorted only as far as it walks: incremental quicksort, O(n + k log k) for
 * the first k, in sequential passes where a heap would jump about memory.
 */
export type Breakpoints = ReturnType<typeof createBreakpoints>;

export function createBreakpoints(times: Float64Array, variables: Int32Array) {
  return {
    count: 0,
    /** The least time, known before any sorting. */
    smallest: Infinity,
    times,
    /** variables[k] is the variable that reaches its bound at times[k]. */
    variables,
    /** Ends of the segments not yet split, the nearest last: everything before an end is at most everything from it on. */
    segmentEnds: [] as number[],
  };
}

export function addBreakpoint(breakpoints: Breakpoints, time: number, variable: number): void {
  const k = breakpoints.count++;
  breakpoints.times[k] = time;
  breakpoints.variables[k] = variable;
  if (time < breakpoints.smallest) breakpoints.smallest = time;
}

/** Puts the k-th smallest breakpoint at place k and returns its time. Call for k = 0, 1, 2, … once all are added. */
export function settleBreakpoint(breakpoints: Breakpoints, k: number): number {
  const { times, variables, segmentEnds } = breakpoints;
  if (k === 0) segmentEnds.push(breakpoints.count);
  for (;;) {
    const end = segmentEnds.at(-1) ?? breakpoints.count;
    if (end === k) {
      segmentEnds.pop();
      continue;
    }
    if (end === k + 1) return at(times, k);
    segmentEnds.push(partition(times, variables, k, end));
  }
}

/** Splits [begin, end) around a pivot and returns its place: nothing before it is larger, nothing after it smaller. */
function partition(times: Float64Array, variables: Int32Array, begin: number, end: number): number {
  moveMedianToFront(times, variables, begin, end);
  const pivot = at(times, begin);
  let i = begin;
  let j = end;
  for (;;) {
    // Both scans stop at keys equal to the pivot, which keeps the halves balanced when many breakpoints coincide.
    do i++;
    while (i < end && at(times, i) < pivot);
    do j--;
    while (at(times, j) > pivot);
    if (i >= j) break;
    swap(times, variables, i, j);
  }
  swap(times, variables, begin, j);
  return j;
}

function moveMedianToFront(times: Float64Array, variables: Int32Array, begin: number, end: number): void {
  const middle = (begin + end) >>> 1;
  const last = end - 1;
  const a = at(times, begin);
  const b = at(times, middle);
  const c = at(times, last);
  if (a < b ? b < c : c < b) swap(times, variables, begin, middle);
  else if (a < b ? a < c : c < a) swap(times, variables, begin, last);
}

function swap(times: Float64Array, variables: Int32Array, i: number, j: number): void {
  const time = at(times, i);
  times[i] = at(times, j);
  times[j] = time;
  const variable = variableAt(variables, i);
  variables[i] = variableAt(variables, j);
  variables[j] = variable;
}
