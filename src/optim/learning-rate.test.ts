import { describe, expect, test } from 'vitest';
import { type LearningRateSettings, learningRateAt } from './learning-rate.js';

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
