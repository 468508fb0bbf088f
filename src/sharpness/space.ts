/** Where a maximum of the loss is looked for: all weights, or a random subspace through them. */
import type { Box, Objective } from './lbfgsb/problem.js';

/** f as a function of the variables that may move, from `center`, within a box around it. */
export interface SearchSpace {
  readonly objective: Objective;
  readonly center: Float64Array;
  readonly box: Box;
}

/** Keskar et al.'s C_ε with A = I, around w instead of 0: |zᵢ − wᵢ| ≤ ε(|wᵢ| + 1). */
export function fullSpace(objective: Objective, w: Float64Array, epsilon: number): SearchSpace {
  return {
    objective,
    center: w,
    box: {
      lower: w.map((wi) => wi - epsilon * (Math.abs(wi) + 1)),
      upper: w.map((wi) => wi + epsilon * (Math.abs(wi) + 1)),
    },
  };
}
