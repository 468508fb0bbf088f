/** Which variables are free at the generalized Cauchy point, and which changed sides since the time before. */
import type { IndexRange } from './vectors.js';

export type FreeSet = ReturnType<typeof createFreeSet>;

/** All n variables free. `changes` is n numbers of room for entering and leaving variables. */
export function createFreeSet(n: number, changes: Int32Array) {
  const indices = new Int32Array(n).map((_, i) => i);
  const range = (list: Int32Array, begin: number, end: number): IndexRange => ({ indices: list, begin, end });
  return {
    isFree: new Uint8Array(n).fill(1),
    free: range(indices, 0, n),
    active: range(indices, n, n),
    /** Variables that were active the time before. */
    entering: range(changes, 0, 0),
    /** Variables that were free the time before. */
    leaving: range(changes, n, n),
  };
}

/** Takes the variables with isActive[i] = 0 as the free ones. */
export function updateFreeSet(set: FreeSet, isActive: Uint8Array): void {
  const { isFree } = set;
  const { indices } = set.free;
  const changes = set.entering.indices;
  const n = isActive.length;
  let free = 0;
  let active = n;
  let entering = 0;
  let leaving = n;
  for (let i = 0; i < n; i++) {
    if (isActive[i] === 0) {
      if (isFree[i] === 0) {
        changes[entering++] = i;
        isFree[i] = 1;
      }
      indices[free++] = i;
    } else {
      if (isFree[i] === 1) {
        changes[--leaving] = i;
        isFree[i] = 0;
      }
      indices[--active] = i;
    }
  }
  set.free = { indices, begin: 0, end: free };
  set.active = { indices, begin: free, end: n };
  set.entering = { indices: changes, begin: 0, end: entering };
  set.leaving = { indices: changes, begin: leaving, end: n };
}
