import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { regularise } from './optimizer.js';

beforeAll(() => tf.setBackend('cpu'));

const G = [3, -4, 12];
const W = [1, 2, -2];

function regularised(clipNorm: number | null, weightDecay: number, gradient = G): number[] {
  const result = tf.tidy(() => regularise(tf.tensor1d(gradient), tf.tensor1d(W), { clipNorm, weightDecay }).dataSync());
  return Array.from(result);
}

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

describe('a gradient of norm 13', () => {
  test('is left alone where nothing is asked for', () => {
    expect(regularised(null, 0)).toEqual(G);
  });

  test('is scaled to the greatest norm, over all parameters together', () => {
    expect(regularised(6.5, 0)).toEqual(close(G.map((g) => g / 2)));
    expect(Math.hypot(...regularised(5, 0))).toBeCloseTo(5, 5);
  });

  test('is left alone below the greatest norm', () => {
    expect(regularised(13.1, 0)).toEqual(G);
  });

  test('is clipped first, then decayed: the penalty itself is never clipped', () => {
    expect(regularised(6.5, 0.1)).toEqual(close(G.map((g, i) => g / 2 + 0.1 * W[i]!)));
    expect(regularised(null, 0.1)).toEqual(close(G.map((g, i) => g + 0.1 * W[i]!)));
  });
});

test('a gradient of zeros stays zeros: nothing is divided by its norm', () => {
  expect(regularised(5, 0, [0, 0, 0])).toEqual([0, 0, 0]);
});
