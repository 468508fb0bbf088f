/** The perturbations w ↦ w + θ of the methods, as functions of numbers that the host draws. */
import * as tf from '@tensorflow/tfjs';
import { join, split } from '../nn/flat.js';
import type { Layout, ParameterSlot } from '../nn/layout.js';
import type { Stream, UniformBuffer } from '../support/random.js';

export interface Perturbation {
  /** The host draws U(−bound, bound) for each parameter, when the strength of the noise is `a`. */
  readonly bound: (a: number) => number;
  /** The perturbed parameters, from the clean ones, the numbers drawn, and a. All vectors are flat. */
  readonly perturb: (parameters: tf.Tensor1D, noise: tf.Tensor1D, a: tf.Scalar) => tf.Tensor1D;
}

/** SmoothOut: θ ~ U(−a, a), independent for each parameter (Eq. 5). */
export const uniformPerturbation: Perturbation = {
  bound: (a) => a,
  perturb: (parameters, noise) => tf.add(parameters, noise) as tf.Tensor1D,
};

/** Keeps the quotient finite where all of a filter's numbers are 0. */
const TINY = 1e-6;

/**
 * AdaSmoothOut (section 4.1): the noise of filter f is a direction drawn from U(−1, 1) and scaled to the filter's
 * length, ‖θ_f‖₂ = a‖w_f‖₂. A filter is all weights of one output channel or neuron; of a bias or of batch norm's
 * parameters, each number is its own filter and moves by ±a|w|, as in the authors' code (which is off by up to 10⁻⁶ in
 * the length of the direction: it adds that to the divisor).
 */
export function filterAdaptivePerturbation(layout: Layout): Perturbation {
  return {
    bound: () => 1,
    perturb(parameters, noise, a) {
      const weights = split(parameters, layout.parameters);
      const directions = split(noise, layout.parameters);
      const scaled = layout.parameters.map((slot) => {
        return [slot.name, scaledToFilters(directions[slot.name]!, weights[slot.name]!, slot, a)] as const;
      });
      return tf.add(parameters, join(Object.fromEntries(scaled), layout.parameters)) as tf.Tensor1D;
    },
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

export interface NoiseOptions {
  readonly bound: number;
  /** `withoutBatchNorm` leaves the scale and shift of batch normalisation unperturbed. */
  readonly parameters: 'all' | 'withoutBatchNorm';
}

/**
 * Draws the numbers behind θ, on the host so that every engine and device sees the same: fills a buffer of layout.size
 * with numbers uniform on (−bound, bound), new for every stream.
 */
export function drawNoise(buffer: UniformBuffer, stream: Stream, layout: Layout, options: NoiseOptions): Float32Array {
  const out = buffer.fill(stream, options.bound);
  if (options.parameters === 'withoutBatchNorm') {
    for (const { role, offset, size } of layout.parameters) {
      if (role === 'batchNormScale' || role === 'batchNormShift') out.fill(0, offset, offset + size);
    }
  }
  return out;
}

/**
 * The factor on the noise's strength at step t of T. `tanh` falls from 1 to 0 around the middle of the training, as in
 * the authors' code when the paper's runs were made; the paper describes constant noise.
 */
export function noiseFactor(schedule: 'constant' | 'tanh', t: number, T: number): number {
  return schedule === 'constant' ? 1 : (1 + Math.tanh(-10 * (t / T - 0.5))) / 2;
}
