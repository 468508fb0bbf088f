/**
 * Algorithm 1, "SmoothOut in Back Propagation" (Wen et al., 2018, section 3.3), as a pure function: its lines 3 to 6
 * for one batch. The loop of lines 1, 2 and 7 is training/train.ts; the perturbations are in perturbation.ts.
 */
import type { Tensor1D } from '@tensorflow/tfjs';
import type { Update } from '../optim/optimizer.js';

export interface SmoothOut<Result extends { readonly gradient: Tensor1D }> {
  /** w ↦ w + θ. */
  readonly perturb: (parameters: Tensor1D) => Tensor1D;
  /** w ↦ ∂Q(x, w)/∂w for the batch x, with what else the pass yields. */
  readonly backPropagate: (parameters: Tensor1D) => Result;
  /** The optimizer's update of w along a gradient. */
  readonly update: (parameters: Tensor1D, gradient: Tensor1D) => Update;
}

export function smoothOutStep<Result extends { readonly gradient: Tensor1D }>(
  w: Tensor1D,
  { perturb, backPropagate, update }: SmoothOut<Result>,
): Result & Update {
  const perturbed = perturb(w); //                 3: perturbation, w + θ
  const result = backPropagate(perturbed); //      4: back-propagation, g = ∂Q/∂w at w + θ
  //                                               5: denoising: w itself was never changed, so it is exact and free
  return { ...result, ...update(w, result.gradient) }; // 6: updating, from w along g
}
