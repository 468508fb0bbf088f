import { describe, expect, test } from 'vitest';
import { type LearningRateSettings, learningRateAt, stepFactor } from './learning-rate.js';

const RESNET: LearningRateSettings = {
  optimizer: { learningRate: 0.1, scaleLearningRate: false, scaling: 'none', referenceBatchSize: 256 },
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
      optimizer: { ...RESNET.optimizer, learningRate, scaleLearningRate: true },
    };
    expect(learningRateAt(0, settings)).toBeCloseTo(expected, 7);
    expect(learningRateAt(81, settings)).toBeCloseTo(0.1 * expected, 7);
    const off = { ...settings, optimizer: { ...RESNET.optimizer, learningRate } };
    expect(learningRateAt(0, off)).toBe(learningRate);
  });

  test.each([
    ['linear', 1.6],
    ['sqrt', 0.4],
  ] as const)('grows with the batch by %s scaling', (scaling, expected) => {
    const settings = { ...RESNET, batchSize: 4096, optimizer: { ...RESNET.optimizer, scaling } };
    expect(learningRateAt(0, settings)).toBeCloseTo(expected, 10);
  });
});

describe('the factor of a step', () => {
  const factors = (settings: Parameters<typeof stepFactor>[2]) =>
    Array.from({ length: 8 }, (_, t) => stepFactor(t, 8, settings));

  test('is 1 unless told', () => {
    expect(factors({ warmup: 0, decay: 'none' })).toEqual(Array(8).fill(1));
  });

  test('rises in equal steps while it warms up', () => {
    expect(factors({ warmup: 4, decay: 'none' })).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
  });

  test('falls along half a cosine wave from the end of the warm-up on', () => {
    const [first, ...rest] = factors({ warmup: 2, decay: 'cosine' }).slice(1);
    expect([first, rest[0]]).toEqual([1, 1]);
    expect(rest[3]).toBeCloseTo(0.5, 10);
    expect(rest[5]).toBeCloseTo((1 + Math.cos((5 * Math.PI) / 6)) / 2, 10);
  });
});
