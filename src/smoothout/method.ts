/** What a method of training is: how it makes a batch's gradient of back-propagations, and what the host draws for it. */
import type { Scalar, Tensor1D } from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';
import type { NoiseSchedule, PerturbedParameters } from './perturbation.js';

/** What back-propagation yields: the gradient, the running statistics after it, and whatever else the caller needs. */
export interface PassResult {
  readonly gradient: Tensor1D;
  readonly statistics: Tensor1D;
}

/** What a method makes its gradient of. All vectors are flat, a number for each parameter. */
export interface Given<P extends PassResult> {
  /**
   * w ↦ ∂Q(x, w)/∂w for the batch x, or a part of it. The running statistics of the pass go on from those of `after`;
   * without it from those before the batch.
   */
  readonly backPropagate: (w: Tensor1D, after?: P) => P;
  /** The vectors of the method's `memory`, as its last pass left them. */
  readonly memory: NamedTensors;
}

/** What the host draws for a pass. */
export interface Drawn {
  /** Independent random numbers from `noise.distribution`; 0 for parameters that are not perturbed. */
  readonly u: Tensor1D;
  /** The strength of the noise at this step. */
  readonly a: Scalar;
}

/** The pass whose gradient moves w; its other members are what is recorded and kept of the step. */
export type MethodResult<P extends PassResult> = P & { readonly memory?: NamedTensors };

/** Which random numbers a method needs, as plain data. */
export interface Noise {
  /** Of u: uniform on (−1, 1), or Gaussian with mean 0 and variance 1. */
  readonly distribution: 'uniform' | 'gaussian';
  readonly a: number;
  readonly schedule: NoiseSchedule;
  /** How far `rising` rises. */
  readonly alpha?: number;
  /** When u is drawn anew. `copy`: each copy of the step has its own u, drawn once for the whole training. */
  readonly per: 'step' | 'ghostBatch' | 'copy';
  readonly parameters: PerturbedParameters;
}

interface Common {
  /** How often one pass calls `backPropagate`. */
  readonly evaluations: number;
  /** How many passes see each batch, each with its own draw. The step's gradient is the mean of theirs. */
  readonly copies?: number;
  /** Names of vectors that the method keeps from pass to pass, 0 at the start; a pass returns all of them anew. */
  readonly memory?: readonly string[];
}

export interface QuietMethod extends Common {
  readonly noise: null;
  readonly gradient: <P extends PassResult>(w: Tensor1D, given: Given<P>) => MethodResult<P>;
}

export interface NoisyMethod extends Common {
  readonly noise: Noise;
  readonly gradient: <P extends PassResult>(w: Tensor1D, given: Given<P> & Drawn) => MethodResult<P>;
}

export type Method = QuietMethod | NoisyMethod;

/** Gradients of whole batches that an update costs. */
export const evaluationsOf = ({ evaluations, copies = 1 }: Method): number => evaluations * copies;
