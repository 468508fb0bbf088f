import { expect, test } from 'vitest';
import { trainSmallNetwork } from '../analysis/testing/network.js';
import { createStatisticsEstimator } from './batch-statistics.js';

test('statistics are the mean and unbiased variance of what comes into batch norm, over batches by their size', async () => {
  const { model, weights, images, source, objective } = await trainSmallNetwork(3);
  const estimator = createStatisticsEstimator(objective.engine, model);
  const estimate = await estimator.estimate(weights.parameters, images.batches(300), (count) => count);
  const [matrix, bias] = model.layout.parameters;
  const pixels = new Float32Array(400 * 784);
  await source.read(
    Uint32Array.from({ length: 400 }, (_, i) => i),
    pixels,
  );
  const unit = 5;
  const inputs = Array.from({ length: 400 }, (_, image) => {
    let sum = weights.parameters[bias!.offset + unit]!;
    for (let k = 0; k < 784; k++) {
      sum += weights.parameters[matrix!.offset + unit * 784 + k]! * pixels[image * 784 + k]!;
    }
    return sum;
  });
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = (values: number[]) =>
    values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1);
  const [first, rest] = [inputs.slice(0, 300), inputs.slice(300)];
  const [runningMean, runningVariance] = model.layout.statistics;
  expect(estimate[runningMean!.offset + unit]).toBeCloseTo(mean(inputs), 4);
  expect(estimate[runningVariance!.offset + unit]! / (0.75 * variance(first) + 0.25 * variance(rest))).toBeCloseTo(
    1,
    4,
  );
});
