/** The perturbations θ of the methods, as functions of the parameters, random numbers u and the strength a. */
import * as tf from '@tensorflow/tfjs';
import { eachParameter } from '../nn/flat.js';
import type { Layout } from '../nn/layout.js';
import { at } from '../support/at.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Stream } from '../support/random.js';
import type { RandomBuffer } from '../support/random-buffers.js';

/** θ for the parameters w, from random numbers u, one for each of them, and from the strength a; linear in u. Vectors are flat. */
export type Perturbation = (w: tf.Tensor1D, u: tf.Tensor1D, a: tf.Scalar) => tf.Tensor1D;

/** SmoothOut: θ = a·u ~ U(−a, a) for u ~ U(−1, 1), independent for each parameter (Eq. 5). */
export const uniformPerturbation: Perturbation = (_, u, a) => tf.mul(u, a);

/** The variance of U(−1, 1) is 1/3. */
const GAUSSIAN_SCALE = Math.sqrt(1 / 3);

/** SmoothOut with Gaussian noise of the same variance as U(−a, a)'s, for u from N(0, 1). */
export const gaussianPerturbation: Perturbation = (w, u, a) => uniformPerturbation(w, u, tf.mul(a, GAUSSIAN_SCALE));

/** Keeps the quotient finite where all of a filter's numbers are 0. */
const TINY = 1e-6;

/**
 * AdaSmoothOut (section 4.1): the noise of filter f is a direction drawn from U(−1, 1) and scaled to the filter's
 * length, ‖θ_f‖₂ = a‖w_f‖₂. A filter is all weights of one output channel or neuron; of a bias or of batch norm's
 * parameters, each number is its own filter and moves by ±a|w|, as in the authors' code (which is off by up to 10⁻⁶ in
 * the length of the direction: it adds that to the divisor).
 */
export function filterAdaptivePerturbation(layout: Layout): Perturbation {
  return (w, u, a) =>
    eachParameter(layout, [w, u], (weight, direction, { shape }) => {
      if (shape.length === 1) return tf.mul(tf.sign(direction), tf.mul(tf.abs(weight), a));
      const factor = tf.div(tf.mul(lengths(rows(weight)), a), tf.maximum(lengths(rows(direction)), TINY));
      return tf.mul(rows(direction), factor);
    });
}

/**
 * LPF-SGD (Bisla et al. 2022, Algorithm 1) and random weight perturbation (Li et al. 2022): for u from N(0, 1) each number
 * of filter f moves by a standard deviation of a‖w_f‖₂. A bias, or the scale or shift of batch normalisation, is one
 * filter, as in the code of both papers.
 */
export function filterwisePerturbation(layout: Layout): Perturbation {
  return (w, u, a) =>
    eachParameter(layout, [w, u], (weight, normal, { shape }) => {
      const filters = shape.length === 1 ? tf.reshape(weight, [1, -1]) : rows(weight);
      return tf.mul(tf.reshape(normal, filters.shape), tf.mul(lengths(filters), a));
    });
}

/** [filters, numbers of each]; a vector as a column. */
export const rows = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, [at(tensor.shape, 0), -1]);

/** The L2 norm of each row, as a column. */
const lengths = (matrix: tf.Tensor) => tf.sqrt(tf.sum(tf.square(matrix), 1, true));

/** Which parameters are perturbed: `withoutBatchNorm` leaves the scale and shift of batch normalisation as they are. */
export type PerturbedParameters = 'all' | 'withoutBatchNorm';

/**
 * Draws u from the distribution of a buffer of layout.size numbers, U(−1, 1) or N(0, 1). The host draws it, so that every
 * engine and device sees the same. It is 0 for parameters that are not perturbed.
 */
export function drawNoise(
  buffer: RandomBuffer,
  stream: Stream,
  layout: Layout,
  parameters: PerturbedParameters,
): Borrowed<Float32Array> {
  const out = buffer.fill(stream, 1);
  if (parameters === 'withoutBatchNorm') {
    for (const { role, offset, size } of layout.parameters) {
      if (role === 'batchNormScale' || role === 'batchNormShift') out.fill(0, offset, offset + size);
    }
  }
  return out;
}

export type NoiseSchedule = 'constant' | 'tanh' | 'rising';

/**
 * The factor on the noise's strength at step t of T. `tanh` falls from 1 to 0 around the middle of the training, as in
 * the authors' code when the paper's runs were made; the paper describes constant noise. `rising` is LPF-SGD's: from 1
 * to 1 + α along half a cosine wave.
 */
export function noiseFactor(schedule: NoiseSchedule, t: number, T: number, alpha = 0): number {
  switch (schedule) {
    case 'constant':
      return 1;
    case 'tanh':
      return (1 + Math.tanh(-10 * (t / T - 0.5))) / 2;
    case 'rising':
      return 1 + (alpha * (1 - Math.cos((Math.PI * t) / T))) / 2;
  }
}
