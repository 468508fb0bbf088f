/** The curves of Figure 1: a loss with one flat and one sharp minimum, and what averaging its shifts makes of it. */
import { uniform } from '../src/support/random.js';

/** A minimum of the toy loss: a Gaussian well. */
export interface Well {
  readonly at: number;
  readonly depth: number;
  readonly width: number;
}

/** The paper does not give its function. Here the sharp minimum is the deeper one, so only smoothing favours the flat. */
export const FLAT: Well = { at: -1, depth: 0.8, width: 0.5 };
export const SHARP: Well = { at: 1.2, depth: 0.9, width: 0.05 };

/** C(w) = 1 less both wells. */
export function toyLoss(w: number): number {
  return 1 - wellDepth(FLAT, w) - wellDepth(SHARP, w);
}

function wellDepth({ at, depth, width }: Well, w: number): number {
  return depth * Math.exp(-0.5 * ((w - at) / width) ** 2);
}

/** Half the range of the shifts, a. */
export const FIGURE1_SHIFT = 0.25;
const SHIFTS = 1024;
const SHOWN = 4;
const POINTS = 601;
const RANGE = 3;

/** Figure 1 on 601 points of [−3, 3]. Depends on the seed alone. */
export function figure1(seed: number) {
  const w = Float64Array.from({ length: POINTS }, (_, i) => RANGE * ((2 * i) / (POINTS - 1) - 1));
  const shifts = uniform({ seed, purpose: 'noise' }, SHIFTS, -FIGURE1_SHIFT, FIGURE1_SHIFT);
  const shifted = (theta: number): Float64Array => w.map((wi) => toyLoss(wi + theta));
  return {
    /** The points at which all curves are given. */
    w,
    /** (a): C(w) */
    loss: w.map((wi) => toyLoss(wi)),
    /** θ_i, uniform on (−a, a). */
    shifts,
    /** (b), thin: C(w + θ_i) for the first four shifts. */
    perturbed: Array.from(shifts.subarray(0, SHOWN), shifted),
    /** (b), green: C̄(w), the mean of C(w + θ_i) over all shifts (Eq. 1). */
    averaged: w.map((wi) => shifts.reduce((sum, theta) => sum + toyLoss(wi + theta), 0) / SHIFTS),
  };
}
