/**
 * Algorithm 1, "SmoothOut in Back Propagation" (Wen et al., 2018, section 3.3), as pure functions: its lines 3 to 6. The
 * loop of lines 1, 2 and 7 is training/train.ts; the perturbations θ are in perturbation.ts.
 */
import * as tf from '@tensorflow/tfjs';
import type { Method, Noise } from './method.js';
import type { Perturbation } from './perturbation.js';

/** What back-propagation yields: the gradient, and whatever else the caller needs of the same pass. */
interface WithGradient {
  readonly gradient: tf.Tensor1D;
}

export interface Perturbed<P extends WithGradient> {
  readonly theta: tf.Tensor1D;
  /** w ↦ ∂Q(x, w)/∂w for the batch x. */
  readonly backPropagate: (w: tf.Tensor1D) => P;
}

/**
 * Lines 3 to 5: the gradient of a batch, or of a part of it, at w + θ. Where a step takes several such passes (ghost
 * batches, the copies of deterministic SmoothOut), its gradient is their mean.
 */
export function smoothOutGradient<P extends WithGradient>(w: tf.Tensor1D, { theta, backPropagate }: Perturbed<P>): P {
  const perturbed: tf.Tensor1D = tf.add(w, theta); // 3: perturbation, w + θ
  return backPropagate(perturbed); //                4: back-propagation, g = ∂Q/∂w at w + θ
} //                                                 5: denoising: w itself was never changed, so it is exact and free

/** A method whose gradient is that of lines 3 to 5 with one of the perturbations, in each of so many copies. */
export const smoothOut = (perturbation: Perturbation, noise: Noise, copies = 1): Method => ({
  noise,
  evaluations: 1,
  copies,
  gradient: (w, { backPropagate, u, a }) => smoothOutGradient(w, { theta: perturbation(w, u, a), backPropagate }),
});

/** What an optimizer makes of w and a gradient: the next parameters, and whatever it keeps. */
type UpdateAlong<U> = (w: tf.Tensor1D, gradient: tf.Tensor1D) => U;

/** Line 6, along the gradient of lines 3 to 5, or of any other method. */
export function takeStep<P extends WithGradient, U>(w: tf.Tensor1D, pass: P, update: UpdateAlong<U>): P & U {
  return { ...pass, ...update(w, pass.gradient) }; // 6: updating, from w along g
}

/** Lines 3 to 6 for a batch that is one pass: SmoothOut in a training of one's own, where src/index.ts offers it. */
export function smoothOutStep<P extends WithGradient, U>(w: tf.Tensor1D, pass: Perturbed<P>, update: UpdateAlong<U>) {
  return takeStep(w, smoothOutGradient(w, pass), update);
}
