import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildLayout, type ParameterDeclaration, type ParameterRole } from '../nn/layout.js';
import { buildModel } from '../nn/model.js';
import { initialise } from '../nn/weights.js';
import type { Stream } from '../support/random.js';
import { createUniformBuffer } from '../support/random-buffers.js';
import {
  drawNoise,
  filterAdaptivePerturbation,
  noiseFactor,
  type PerturbedParameters,
  uniformPerturbation,
} from './perturbation.js';

beforeAll(() => tf.setBackend('cpu'));

const A = 0.15;

const parameter = (name: string, role: ParameterRole, ...shape: number[]): ParameterDeclaration => {
  return { name, shape, role, initial: { kind: 'uniform', bound: 0.3 } };
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

const drawn = (parameters: PerturbedParameters = 'all') =>
  drawNoise(createUniformBuffer(layout.size), { seed: 1, purpose: 'noise' }, layout, parameters);

/** θ of AdaSmoothOut at these weights. */
function theta(at: Float32Array, noise = drawn(), a = A): Float32Array {
  return tf.tidy(() => ada(tf.tensor1d(at), tf.tensor1d(noise), tf.scalar(a)).dataSync<'float32'>());
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

  test('with a = 0 moves nothing', () => {
    expect(theta(weights, drawn(), 0).every((value) => value === 0)).toBe(true);
  });
});

test('the noise of SmoothOut is a·u, whatever the weights', () => {
  const u = drawn();
  const theta = tf.tidy(() => uniformPerturbation(tf.tensor1d(weights), tf.tensor1d(u), tf.scalar(A)).dataSync());
  expect(theta).toEqual(u.map((value) => Math.fround(A) * value));
});

describe('the numbers drawn', async () => {
  const A = 0.03;
  const { layout } = await buildModel('mlp', { classes: 10, hidden: [32] });
  const N = layout.size;

  function theta(place: Partial<Stream>, parameters: PerturbedParameters = 'all'): Float32Array {
    const u = drawNoise(createUniformBuffer(N), { seed: 1, purpose: 'noise', ...place }, layout, parameters);
    return tf.tidy(() => uniformPerturbation(tf.zeros([N]), tf.tensor1d(u), tf.scalar(A)).dataSync<'float32'>());
  }

  const mean = (values: ArrayLike<number>, power = 1) =>
    Array.from(values).reduce((sum, value) => sum + value ** power, 0) / values.length;

  function correlation(a: Float32Array, b: Float32Array): number {
    const products = a.map((value, i) => value * b[i]!);
    return mean(products) / Math.sqrt(mean(a, 2) * mean(b, 2));
  }

  /** Five standard deviations of the correlation of N independent pairs. */
  const UNRELATED = 5 / Math.sqrt(N);

  describe('θ is uniform on [−a, a] (Eq. 5)', () => {
    const drawn = theta({});

    test('never leaves the interval, and comes close to both ends', () => {
      expect(Math.max(...drawn)).toBeLessThanOrEqual(A);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-A);
      expect(Math.max(...drawn)).toBeGreaterThan(0.999 * A);
      expect(Math.min(...drawn)).toBeLessThan(-0.999 * A);
    });

    test('has the moments: 0, a²/3, 0, a⁴/5', () => {
      // Five standard errors each; the variance of θᵏ is a²ᵏ (1/(2k+1) − (E θᵏ)²/a²ᵏ).
      const expected = [0, 1 / 3, 0, 1 / 5];
      for (const [i, moment] of expected.entries()) {
        const k = i + 1;
        const error = Math.sqrt((1 / (2 * k + 1) - moment ** 2) / N);
        expect(Math.abs(mean(drawn, k) / A ** k - moment)).toBeLessThan(5 * error);
      }
    });

    test('has the distribution function (Kolmogorov–Smirnov, significance 0.001)', () => {
      const sorted = Float32Array.from(drawn).sort();
      const distances = Array.from(sorted, (value, i) => Math.abs((value / A + 1) / 2 - (i + 0.5) / N));
      expect(Math.max(...distances)).toBeLessThan(1.95 / Math.sqrt(N));
    });
  });

  describe('θ is drawn anew', () => {
    const places: [string, Partial<Stream>][] = [
      ['step', { step: 1 }],
      ['epoch', { epoch: 1 }],
      ['ghost batch', { chunk: 1 }],
      ['seed', { seed: 2 }],
    ];

    test.each(places)('for another %s, unrelated to the last', (_, place) => {
      expect(Math.abs(correlation(theta({}), theta(place)))).toBeLessThan(UNRELATED);
    });

    test('at each of a hundred steps, every one unrelated to the one before', () => {
      const steps = Array.from({ length: 100 }, (_, step) => theta({ step }));
      const correlations = steps.slice(1).map((noise, i) => correlation(noise, steps[i]!));
      expect(Math.max(...correlations.map(Math.abs))).toBeLessThan(UNRELATED);
      // Sum of squares of 99 correlations of variance 1/N: chi-squared, mean 99, standard deviation 14.
      const chiSquared = correlations.reduce((sum, value) => sum + N * value ** 2, 0);
      expect(Math.abs(chiSquared - 99)).toBeLessThan(5 * 14);
    });

    test('the same at the same place', () => {
      expect(theta({ epoch: 3, step: 5 })).toEqual(theta({ epoch: 3, step: 5 }));
    });
  });

  test.each([1, 2, 3, 16, 32, 64])('θ of parameters %i apart are unrelated', (distance) => {
    const drawn = theta({});
    expect(Math.abs(correlation(drawn.subarray(distance), drawn.subarray(0, N - distance)))).toBeLessThan(UNRELATED);
  });

  test('withoutBatchNorm leaves the scale and shift of batch normalisation alone, and nothing else', () => {
    const [all, without] = [theta({}), theta({}, 'withoutBatchNorm')];
    for (const { name, role, offset, size } of layout.parameters) {
      const expected = role.startsWith('batchNorm') ? new Float32Array(size) : all.subarray(offset, offset + size);
      expect(without.subarray(offset, offset + size), name).toEqual(expected);
    }
    expect(layout.parameters.filter(({ role }) => role.startsWith('batchNorm'))).toHaveLength(2);
  });
});

describe('the schedule of the noise', () => {
  test('constant noise stays', () => {
    expect([0, 50, 99].map((t) => noiseFactor('constant', t, 100))).toEqual([1, 1, 1]);
  });

  test('tanh noise is whole until about 40 % of the training, half at the middle, and gone after about 60 %', () => {
    const at = (t: number) => noiseFactor('tanh', t, 1000);
    expect(at(500)).toBe(0.5);
    expect(at(0)).toBeCloseTo(0.9999546, 7);
    expect(at(400)).toBeCloseTo(0.8807971, 7);
    expect(at(600)).toBeCloseTo(0.1192029, 7);
    expect(at(1000)).toBeCloseTo(0.0000454, 7);
  });

  test('tanh noise never grows', () => {
    const factors = Array.from({ length: 201 }, (_, t) => noiseFactor('tanh', t, 200));
    expect(factors).toEqual([...factors].sort((a, b) => b - a));
  });
});
