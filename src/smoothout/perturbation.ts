/** The perturbations w ↦ w + θ of the methods, as functions of random numbers u and the strength a. */
import * as tf from '@tensorflow/tfjs';
import { join, split } from '../nn/flat.js';
import { tensorNamed } from '../nn/layers.js';
import type { Layout, ParameterSlot } from '../nn/layout.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Stream, UniformBuffer } from '../support/random.js';

/** w + θ from w, from u ~ U(−1, 1), a number for each parameter, and from the strength a. All vectors are flat. */
export type Perturbation = (w: tf.Tensor1D, u: tf.Tensor1D, a: tf.Scalar) => tf.Tensor1D;

/** SmoothOut: θ = a·u ~ U(−a, a), independent for each parameter (Eq. 5). */
export const uniformPerturbation: Perturbation = (w, u, a) => tf.add(w, tf.mul(u, a));

/** Keeps the quotient finite where all of a filter's numbers are 0. */
const TINY = 1e-6;

/**
 * AdaSmoothOut (section 4.1): the noise of filter f is a direction drawn from U(−1, 1) and scaled to the filter's
 * length, ‖θ_f‖₂ = a‖w_f‖₂. A filter is all weights of one output channel or neuron; of a bias or of batch norm's
 * parameters, each number is its own filter and moves by ±a|w|, as in the authors' code (which is off by up to 10⁻⁶ in
 * the length of the direction: it adds that to the divisor).
 */
export function filterAdaptivePerturbation(layout: Layout): Perturbation {
  return (w, u, a) => {
    const weights = split(w, layout.parameters);
    const directions = split(u, layout.parameters);
    const theta = layout.parameters.map((slot) => {
      const { name } = slot;
      return [name, scaledToFilters(tensorNamed(directions, name), tensorNamed(weights, name), slot, a)] as const;
    });
    return tf.add(w, join(Object.fromEntries(theta), layout.parameters));
  };
}

function scaledToFilters(direction: tf.Tensor, weight: tf.Tensor, { shape, size }: ParameterSlot, a: tf.Scalar) {
  if (shape.length === 1) return tf.mul(tf.sign(direction), tf.mul(tf.abs(weight), a));
  const filters = shape[0]!;
  const rows = (tensor: tf.Tensor) => tf.reshape(tensor, [filters, size / filters]);
  const lengths = (tensor: tf.Tensor) => tf.sqrt(tf.sum(tf.square(rows(tensor)), 1, true));
  const factor = tf.div(tf.mul(lengths(weight), a), tf.maximum(lengths(direction), TINY));
  return tf.mul(rows(direction), factor);
}

/** Which parameters are perturbed: `withoutBatchNorm` leaves the scale and shift of batch normalisation as they are. */
export type PerturbedParameters = 'all' | 'withoutBatchNorm';

/**
 * Draws u ~ U(−1, 1), new for every stream, into a buffer of layout.size numbers. The host draws it, so that every engine
 * and device sees the same. It is 0 for parameters that are not perturbed.
 */
export function drawNoise(
  buffer: UniformBuffer,
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

export type NoiseSchedule = 'constant' | 'tanh';

/**
 * The factor on the noise's strength at step t of T. `tanh` falls from 1 to 0 around the middle of the training, as in
 * the authors' code when the paper's runs were made; the paper describes constant noise.
 */
export function noiseFactor(schedule: NoiseSchedule, t: number, T: number): number {
  return schedule === 'constant' ? 1 : (1 + Math.tanh(-10 * (t / T - 0.5))) / 2;
}
