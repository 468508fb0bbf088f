import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type LearningRateSettings, learningRateAt, regularise } from './optimizer.js';

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

const RESNET: LearningRateSettings = {
  optimizer: { learningRate: 0.1, scaleLearningRate: false },
  schedule: [
    { epoch: 81, factor: 0.1 },
    { epoch: 122, factor: 0.01 },
    { epoch: 164, factor: 0.001 },
  ],
  batchSize: 128,
  ghostBatchSize: null,
};

describe('the learning rate', () => {
  test('steps where the schedule says, counting epochs from 0; factors do not multiply up', () => {
    const at = (epoch: number) => learningRateAt(epoch, RESNET);
    expect([0, 80, 81, 121, 122, 163, 164, 199].map(at)).toEqual(
      [0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001].map((rate) => expect.closeTo(rate, 10)),
    );
  });

  test('stays without a schedule', () => {
    expect(learningRateAt(150, { ...RESNET, schedule: [] })).toBe(0.1);
  });

  // The learning rates of Table 1.
  test.each([
    [2048, 0.1, 0.4],
    [1024, 0.1, 0.2828427],
    [16_384, 0.01, 0.1131371],
  ])('for batches of %d in ghosts of 128 is √(batch/ghost) times as large', (batchSize, learningRate, expected) => {
    const settings = {
      ...RESNET,
      batchSize,
      ghostBatchSize: 128,
      optimizer: { learningRate, scaleLearningRate: true },
    };
    expect(learningRateAt(0, settings)).toBeCloseTo(expected, 7);
    expect(learningRateAt(81, settings)).toBeCloseTo(0.1 * expected, 7);
    const off = { ...settings, optimizer: { learningRate, scaleLearningRate: false } };
    expect(learningRateAt(0, off)).toBe(learningRate);
  });
});
