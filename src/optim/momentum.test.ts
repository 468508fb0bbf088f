import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { normal } from '../support/random.js';
import { momentum } from './momentum.js';
import { maxRelativeError, runOptimizer } from './testing/run-optimizer.js';

beforeAll(() => tf.setBackend('cpu'));

const SIZE = 20;
const start = normal({ seed: 1, purpose: 'test' }, SIZE);
const gradients = Array.from({ length: 25 }, (_, step) => normal({ seed: 2, purpose: 'test', step }, SIZE));

/** PyTorch's SGD in double precision: the rate multiplies the velocity, so a new rate acts on the old velocity too. */
function reference(coefficient: number, rate: (t: number) => number): number[] {
  const w = Array.from(start);
  const velocity = w.map(() => 0);
  gradients.forEach((gradient, step) => {
    for (let i = 0; i < SIZE; i++) {
      velocity[i] = coefficient * velocity[i]! + gradient[i]!;
      w[i] = w[i]! - rate(step + 1) * velocity[i]!;
    }
  });
  return w;
}

test.each([0, 0.9])('momentum %d, with a rate that falls', (coefficient) => {
  const rate = (t: number) => (t <= 12 ? 0.1 : 0.01);
  const final = runOptimizer(momentum(coefficient), start, gradients, rate);
  expect(maxRelativeError(final, reference(coefficient, rate), start)).toBeLessThan(1e-5);
});
