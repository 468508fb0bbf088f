/**
 * The breakpoints t_i of the projected gradient path (Byrd et al. 1995, Eq. 4.1), handed out smallest first. The Cauchy
 * search usually stops early, so they are sorted only as far as it walks: incremental quicksort, O(n + k log k) for
 * the first k, in sequential passes where a heap would jump about memory.
 */
export interface Breakpoints {
  count: number;
  /** The least time, known before any sorting. */
  smallest: number;
  readonly times: Float64Array;
  /** variables[k] is the variable that reaches its bound at times[k]. */
  readonly variables: Int32Array;
  /** Ends of the segments not yet split, the nearest last: everything before an end is at most everything from it on. */
  readonly segmentEnds: number[];
}

export function createBreakpoints(times: Float64Array, variables: Int32Array): Breakpoints {
  return { count: 0, smallest: Infinity, times, variables, segmentEnds: [] };
}

export function clearBreakpoints(breakpoints: Breakpoints): void {
  breakpoints.count = 0;
  breakpoints.smallest = Infinity;
  breakpoints.segmentEnds.length = 0;
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
    const end = segmentEnds[segmentEnds.length - 1]!;
    if (end === k) {
      segmentEnds.pop();
      continue;
    }
    if (end === k + 1) return times[k]!;
    segmentEnds.push(partition(times, variables, k, end));
  }
}

/** Splits [begin, end) around a pivot and returns its place: nothing before it is larger, nothing after it smaller. */
function partition(times: Float64Array, variables: Int32Array, begin: number, end: number): number {
  moveMedianToFront(times, variables, begin, end);
  const pivot = times[begin]!;
  let i = begin;
  let j = end;
  for (;;) {
    // Both scans stop at keys equal to the pivot, which keeps the halves balanced when many breakpoints coincide.
    do i++;
    while (i < end && times[i]! < pivot);
    do j--;
    while (times[j]! > pivot);
    if (i >= j) break;
    swap(times, variables, i, j);
  }
  swap(times, variables, begin, j);
  return j;
}

function moveMedianToFront(times: Float64Array, variables: Int32Array, begin: number, end: number): void {
  const middle = (begin + end) >>> 1;
  const last = end - 1;
  const a = times[begin]!;
  const b = times[middle]!;
  const c = times[last]!;
  if (a < b ? b < c : c < b) swap(times, variables, begin, middle);
  else if (a < b ? a < c : c < a) swap(times, variables, begin, last);
}

function swap(times: Float64Array, variables: Int32Array, i: number, j: number): void {
  const time = times[i]!;
  times[i] = times[j]!;
  times[j] = time;
  const variable = variables[i]!;
  variables[i] = variables[j]!;
  variables[j] = variable;
}
