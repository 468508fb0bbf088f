import type { Box } from './problem.js';

/** `constrained` is false where no variable has a bound, `boxed` true where every variable has two. */
export function classifyBox(box: Box): { constrained: boolean; boxed: boolean } {
  const { lower, upper } = box;
  let constrained = false;
  let boxed = true;
  for (let i = 0; i < lower.length; i++) {
    const hasLower = lower[i]! > -Infinity;
    const hasUpper = upper[i]! < Infinity;
    if (hasLower || hasUpper) constrained = true;
    if (!hasLower || !hasUpper) boxed = false;
  }
  return { constrained, boxed };
}

/** x ← P(x, l, u) (Byrd et al. 1995, Eq. 2.3) */
export function projectOntoBox(x: Float64Array, box: Box): void {
  const { lower, upper } = box;
  for (let i = 0; i < x.length; i++) {
    if (x[i]! < lower[i]!) x[i] = lower[i]!;
    else if (x[i]! > upper[i]!) x[i] = upper[i]!;
  }
}

/** ‖P(x − g, l, u) − x‖∞ (Byrd et al. 1995, Eq. 6.1): zero exactly at a stationary point of the box. */
export function projectedGradientNorm(x: Float64Array, gradient: Float64Array, box: Box): number {
  const { lower, upper } = box;
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const g = gradient[i]!;
    let size = Math.abs(g);
    if (size <= largest) continue;
    const room = g < 0 ? upper[i]! - x[i]! : x[i]! - lower[i]!;
    if (room < size) size = room;
    if (size > largest) largest = size;
  }
  return largest;
}
