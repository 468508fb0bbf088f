import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { normal } from '../support/random.js';
import { adam } from './adam.js';
import { maxRelativeError, runOptimizer } from './testing/run-optimizer.js';

beforeAll(() => tf.setBackend('cpu'));

const SIZE = 40;
const STEPS = 30;
const start = normal({ seed: 1, purpose: 'test' }, SIZE);
/** Gradients over eight orders of magnitude, some of them 0: ε matters for some and not for others. */
const gradients = Array.from({ length: STEPS }, (_, step) => {
  const values = normal({ seed: 2, purpose: 'test', step }, SIZE);
  return values.map((value, i) => (i === 0 ? 0 : value * 10 ** -(i % 9)));
});

interface Settings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Algorithm 1 of Kingma & Ba (2015), word for word, in double precision. */
function reference(rate: (t: number) => number, { beta1, beta2, epsilon }: Settings): number[] {
  const w = Array.from(start);
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  for (let t = 1; t <= STEPS; t++) {
    for (let i = 0; i < SIZE; i++) {
      const g = gradients[t - 1]![i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const mHat = m[i]! / (1 - beta1 ** t);
      const vHat = v[i]! / (1 - beta2 ** t);
      w[i] = w[i]! - (rate(t) * mHat) / (Math.sqrt(vHat) + epsilon);
    }
  }
  return w;
}

describe('Adam follows its definition', () => {
  const usual: Settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const cases: [string, (t: number) => number, Settings][] = [
    ['with the usual settings', () => 1e-2, usual],
    ['with others', () => 3e-2, { beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }],
    ['with a rate that changes', (t) => (t < 10 ? 1e-2 : 1e-3), usual],
  ];

  test.each(cases)('%s', (_, rate, settings) => {
    const final = runOptimizer(adam(settings), start, gradients, rate);
    expect(maxRelativeError(final, reference(rate, settings), start)).toBeLessThan(1e-5);
  });

  test('the first step is η against the sign of the gradient, however large that is', () => {
    const gradient = gradients[0]!.map((g) => Math.sign(g) * Math.max(Math.abs(g), 1e-3));
    const final = runOptimizer(adam(), start, [gradient], () => 0.5);
    const expected = start.map((w, i) => w - 0.5 * Math.sign(gradient[i]!));
    expect(maxRelativeError(final, expected, start)).toBeLessThan(3e-5);
    expect(final[0]).toBe(start[0]);
  });
});
