/** Other ways to the same number, so that a reader sees whether L-BFGS-B found the maximum. */
import { largestHessianEigenvalue } from './hessian.js';
import { relativeIncrease } from './keskar.js';
import { maximizeByProjectedAscent } from './projected-ascent.js';
import type { SearchSpace } from './space.js';

export interface SecondOpinions {
  /** The metric with the best value of projected ascent for the maximum. */
  readonly projectedAscent: {
    readonly value: number;
    /** From the minimiser, then from random points of the box. */
    readonly starts: readonly number[];
    readonly evaluations: number;
  };
  /** Of the Hessian of f at the minimiser. */
  readonly largestEigenvalue: {
    readonly value: number;
    readonly residual: number;
    readonly iterations: number;
    readonly evaluations: number;
    readonly converged: boolean;
  };
}

export type OpinionProgress = (what: 'projected ascent' | 'Hessian', sharpness: number | null) => void;

/** Relative error of a gradient computed in float32. */
const FLOAT32 = 2 ** -24;

/** `loss` is f at the center. The exact gradient is used, whichever one the measurement was made with. */
export async function askSecondOpinions(
  space: SearchSpace,
  loss: number,
  seed: number,
  onProgress?: OpinionProgress,
): Promise<SecondOpinions> {
  const ascent = await maximizeByProjectedAscent(space.objective, space.center, {
    ...space.box,
    seed,
    onStep: ({ best }) => onProgress?.('projected ascent', relativeIncrease(best, loss)),
  });
  const largestEigenvalue = await largestHessianEigenvalue(space.objective, space.center, {
    gradientError: FLOAT32,
    seed,
    onIteration: () => onProgress?.('Hessian', null),
  });
  return {
    projectedAscent: {
      value: relativeIncrease(ascent.f, loss),
      starts: ascent.starts.map((f) => relativeIncrease(f, loss)),
      evaluations: ascent.evaluations,
    },
    largestEigenvalue,
  };
}
