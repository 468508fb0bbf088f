import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator } from '../session/evaluate.js';
import { createLinePoints, interpolated, pairsAmong, type Statistics } from './interpolation.js';
import { type TrainedNetwork, trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf } from './testing/session.js';

let from: TrainedNetwork;
let to: TrainedNetwork;
let ends: [CheckpointFile, CheckpointFile];
beforeAll(async () => {
  from = await trainSmallNetwork(3);
  to = await trainSmallNetwork(1);
  ends = [checkpointOf(from, 'from'), checkpointOf(to, 'to')];
});

/** The rows at α on both splits. */
async function at(alpha: number, statistics: Statistics, images?: number) {
  const points = createLinePoints(sessionOf(from), from.model, images);
  const [first, second] = ends;
  const [train, test] = await points.at({ from: first, to: second, statistics }, alpha, ['train', 'test']);
  await points.dispose();
  return { train: train!, test: test! };
}

const evaluate = ({ objective, model, weights }: TrainedNetwork) =>
  createEvaluator(objective.engine, model).evaluate(weights.parameters, weights.statistics, from.source);

describe('the line between two networks', () => {
  test('α·to + (1 − α)·from, statistics too, beyond both ends', () => {
    const a = { parameters: Float32Array.of(1, 2), statistics: Float32Array.of(4) };
    const b = { parameters: Float32Array.of(3, 0), statistics: Float32Array.of(8) };
    expect(interpolated(a, b, 0.25)).toEqual({ parameters: Float32Array.of(1.5, 1.5), statistics: Float32Array.of(5) });
    expect(interpolated(a, b, 2)).toEqual({ parameters: Float32Array.of(5, -2), statistics: Float32Array.of(12) });
  });

  test('ends in them', async () => {
    const [zero, one] = [await at(0, 'interpolate'), await at(1, 'interpolate')];
    expect(zero.train).toEqual({
      ...{ alpha: 0, split: 'train', from: 'from', to: 'to', statistics: 'interpolated' },
      ...(await evaluate(from)),
    });
    expect(one.train).toMatchObject(await evaluate(to));
    expect(zero.test.loss).toBeGreaterThan(zero.train.loss);
  });

  test('with statistics estimated anew is the same at its ends, whose statistics are estimates, and not between', async () => {
    const ratio = async (alpha: number) =>
      (await at(alpha, 'reestimate')).train.loss / (await at(alpha, 'interpolate')).train.loss;
    for (const alpha of [0, 1]) expect(await ratio(alpha)).toBeCloseTo(1, 4);
    expect(Math.abs((await ratio(0.5)) - 1)).toBeGreaterThan(1e-3);
  });

  test('has no statistics to estimate from one image', async () => {
    await expect(at(0, 'reestimate', 1)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'batch statistics need at least 2 images, got 1',
    });
  });

  test('leads nowhere between different networks', () => {
    const other = { ...ends[1], spec: { ...ends[1].spec, dataset: 'cifar10' as const } };
    expect(() => pairsAmong([ends[0], other], 'all')).toThrow(
      /^to: mlp of 12762 parameters on generated cifar10, where from is mlp of 12762 parameters on generated mnist/,
    );
  });
});
