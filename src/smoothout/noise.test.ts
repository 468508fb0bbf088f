import { describe, expect, test } from 'vitest';
import { buildModel } from '../nn/model.js';
import { createUniformBuffer, type Stream } from '../support/random.js';
import { drawNoise, type NoiseOptions } from './noise.js';

const A = 0.03;
const { layout } = buildModel('mlp', { classes: 10, hidden: [32] });
const N = layout.size;

function theta(place: Partial<Stream>, parameters: NoiseOptions['parameters'] = 'all', bound = A): Float32Array {
  const buffer = createUniformBuffer(N);
  return drawNoise(buffer, { seed: 1, purpose: 'noise', ...place }, layout, { bound, parameters });
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

test('a = 0 is no noise: +0 everywhere, which leaves every weight the same bits', () => {
  expect(theta({}, 'all', 0).every((value) => Object.is(value, 0))).toBe(true);
});
