import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initialise } from '../nn/initialise.js';
import { buildLayout, type ParameterDeclaration, type ParameterRole } from '../nn/layout.js';
import { createUniformBuffer } from '../support/random.js';
import { drawNoise, type NoiseOptions } from './noise.js';
import { filterAdaptivePerturbation, uniformPerturbation } from './perturbation.js';

beforeAll(() => tf.setBackend('cpu'));

const A = 0.15;

const parameter = (name: string, role: ParameterRole, ...shape: number[]): ParameterDeclaration => {
  return { name, shape, role, fanIn: 10, initial: { kind: 'uniform', bound: 0.3 } };
};
const layout = buildLayout(
  [
    parameter('convolution', 'weight', 40, 3, 5, 5),
    parameter('scale', 'batchNormScale', 40),
    parameter('shift', 'batchNormShift', 40),
    parameter('linear', 'weight', 30, 50),
    parameter('bias', 'bias', 30),
  ],
  [],
);
const ada = filterAdaptivePerturbation(layout);
const weights = initialise(layout, { seed: 3, batchNormScale: 'one' }).parameters;

const drawn = (parameters: NoiseOptions['parameters'] = 'all') =>
  drawNoise(createUniformBuffer(layout.size), { seed: 1, purpose: 'noise' }, layout, {
    bound: ada.bound(A),
    parameters,
  });

/** θ of AdaSmoothOut at these weights, as (w + θ) − w: exact but for the rounding of w + θ. */
function theta(at: Float32Array, noise = drawn(), a = A): Float32Array {
  return tf.tidy(() => {
    const perturbed = ada.perturb(tf.tensor1d(at), tf.tensor1d(noise), tf.scalar(a));
    return tf.sub(perturbed, tf.tensor1d(at)).dataSync() as Float32Array;
  });
}

interface Filter {
  readonly start: number;
  readonly end: number;
}

/** All weights of one output channel or neuron; each number of a bias or of batch normalisation. */
const filters: Filter[] = layout.parameters.flatMap(({ shape, offset, size }) => {
  const length = shape.length === 1 ? 1 : size / shape[0]!;
  return Array.from({ length: size / length }, (_, f) => ({
    start: offset + f * length,
    end: offset + (f + 1) * length,
  }));
});

const norm = (flat: Float32Array, { start, end }: Filter) => Math.hypot(...flat.subarray(start, end));

describe('AdaSmoothOut', () => {
  test('‖θ_f‖ = a ‖w_f‖ for every filter', () => {
    const noise = theta(weights);
    const ratios = filters.map((filter) => norm(noise, filter) / (A * norm(weights, filter)));
    expect(Math.max(...ratios)).toBeLessThan(1 + 1e-5);
    expect(Math.min(...ratios)).toBeGreaterThan(1 - 1e-5);
    expect(ratios).toHaveLength(40 + 40 + 40 + 30 + 30);
  });

  test('points where the numbers drawn point', () => {
    const [noise, direction] = [theta(weights), drawn()];
    for (const { start, end } of filters.filter((filter) => filter.end - filter.start > 1)) {
      const [a, b] = [noise.subarray(start, end), direction.subarray(start, end)];
      const cosine = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
      expect(cosine).toBeGreaterThan(1 - 1e-5);
    }
  });

  test('moves a bias or a parameter of batch normalisation by a |w| up or down', () => {
    const noise = theta(weights);
    const single = filters.filter(({ start, end }) => end - start === 1);
    const ups = single.filter(({ start }) => {
      expect(Math.abs(noise[start]!)).toBeCloseTo(A * Math.abs(weights[start]!), 6);
      return noise[start]! > 0;
    });
    expect(ups.length / single.length).toBeGreaterThan(0.15);
    expect(ups.length / single.length).toBeLessThan(0.85);
  });

  test('rescaling one filter rescales its noise, and no other', () => {
    const { start, end } = filters[7]!;
    const rescaled = weights.map((value, i) => (i >= start && i < end ? 8 * value : value));
    const [before, after] = [theta(weights), theta(rescaled)];
    const expected = before.map((value, i) => (i >= start && i < end ? 8 * value : value));
    const off = expected.map((value, i) => Math.abs(after[i]! - value));
    expect(Math.max(...off)).toBeLessThan(1e-6);
    expect(norm(before, filters[7]!)).toBeGreaterThan(0.1);
  });

  test('leaves a filter of zeros, and one for which zeros are drawn, where it is', () => {
    const { start, end } = filters[0]!;
    const dead = weights.slice().fill(0, start, end);
    expect(
      theta(dead)
        .subarray(start, end)
        .every((value) => value === 0),
    ).toBe(true);
    const noise = theta(weights, drawn('withoutBatchNorm'));
    for (const { role, offset, size } of layout.parameters) {
      const isZero = noise.subarray(offset, offset + size).every((value) => value === 0);
      expect(isZero).toBe(role === 'batchNormScale' || role === 'batchNormShift');
    }
  });

  test('with a = 0 gives back the same bits', () => {
    const same = tf.tidy(() => ada.perturb(tf.tensor1d(weights), tf.tensor1d(drawn()), tf.scalar(0)).dataSync());
    expect(same).toEqual(weights);
  });
});

test('SmoothOut adds the numbers drawn, whatever the weights', () => {
  const noise = drawn().map((value) => value * A);
  const perturbed = tf.tidy(() =>
    uniformPerturbation.perturb(tf.tensor1d(weights), tf.tensor1d(noise), tf.scalar(A)).dataSync(),
  );
  expect(perturbed).toEqual(weights.map((value, i) => Math.fround(value + noise[i]!)));
  expect(uniformPerturbation.bound(A)).toBe(A);
});
