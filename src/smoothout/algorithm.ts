/**
 * Algorithm 1, "SmoothOut in Back Propagation" (Wen et al., 2018, section 3.3), as pure functions: its lines 3 to 6. The
 * loop of lines 1, 2 and 7 is training/train.ts; the perturbations are in perturbation.ts.
 */
import type { Tensor1D } from '@tensorflow/tfjs';
import type { Update } from '../optim/optimizer.js';
import type { Method, Noise } from './method.js';
import type { Perturbation } from './perturbation.js';

/** What back-propagation yields: the gradient, and whatever else the caller needs of the same pass. */
interface WithGradient {
  readonly gradient: Tensor1D;
}

export interface Perturbed<P extends WithGradient> {
  /** w ↦ w + θ. */
  readonly perturb: (w: Tensor1D) => Tensor1D;
  /** w ↦ ∂Q(x, w)/∂w for the batch x. */
  readonly backPropagate: (w: Tensor1D) => P;
}

/**
 * Lines 3 to 5: the gradient of a batch, or of a part of it, at w + θ. Where a step takes several such passes (ghost
 * batches, the copies of deterministic SmoothOut), its gradient is their mean.
 */
export function smoothOutGradient<P extends WithGradient>(w: Tensor1D, { perturb, backPropagate }: Perturbed<P>): P {
  const perturbed = perturb(w); //        3: perturbation, w + θ
  return backPropagate(perturbed); //     4: back-propagation, g = ∂Q/∂w at w + θ
} //                                      5: denoising: w itself was never changed, so it is exact and free

/** A method whose gradient is that of lines 3 to 5 with one of the perturbations, in each of so many copies. */
export const smoothOut = (perturbation: Perturbation, noise: Noise, copies = 1): Method => ({
  noise,
  evaluations: 1,
  copies,
  gradient: (w, { backPropagate, u, a }) =>
    smoothOutGradient(w, { perturb: (at) => perturbation(at, u, a), backPropagate }),
});

/** The optimizer's update of w along a gradient. */
type UpdateAlong = (w: Tensor1D, gradient: Tensor1D) => Update;

/** Lines 3 to 6 for a batch that is one pass. */
export function smoothOutStep<P extends WithGradient>(w: Tensor1D, pass: Perturbed<P>, update: UpdateAlong) {
  return takeStep(w, (at) => smoothOutGradient(at, pass), update);
}

/** The same step with the gradient of any method in place of lines 3 to 5. */
export function takeStep<P extends WithGradient>(
  w: Tensor1D,
  gradientAt: (w: Tensor1D) => P,
  update: UpdateAlong,
): P & Update {
  const result = gradientAt(w);
  return { ...result, ...update(w, result.gradient) }; // 6: updating, from w along g
}
