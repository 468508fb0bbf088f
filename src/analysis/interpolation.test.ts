import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator } from '../session/evaluate.js';
import { createInterpolation, interpolated } from './interpolation.js';
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
    const line = await createInterpolation(sessionOf(from), ...ends, { statistics: 'interpolate' });
    expect(await line.at(0, 'train')).toEqual(await evaluate(from));
    expect(await line.at(1, 'train')).toEqual(await evaluate(to));
    expect((await line.at(0, 'test')).loss).toBeGreaterThan((await line.at(0, 'train')).loss);
    await line.dispose();
  });

  test('with statistics estimated anew is the same at its ends, whose statistics are estimates, and not between', async () => {
    const session = sessionOf(from);
    const line = await createInterpolation(session, ...ends, { statistics: 'reestimate' });
    const plain = await createInterpolation(session, ...ends, { statistics: 'interpolate' });
    for (const alpha of [0, 1]) {
      expect((await line.at(alpha, 'train')).loss / (await plain.at(alpha, 'train')).loss).toBeCloseTo(1, 4);
    }
    const [between, mixed] = [await line.at(0.5, 'train'), await plain.at(0.5, 'train')];
    expect(Math.abs(between.loss / mixed.loss - 1)).toBeGreaterThan(1e-3);
  });

  test('has no statistics to estimate from one image', async () => {
    await expect(
      createInterpolation(sessionOf(from), ...ends, { statistics: 'reestimate', images: 1 }),
    ).rejects.toMatchObject({ code: 'USAGE', message: 'batch statistics need at least 2 images, got 1' });
  });

  test('leads nowhere between different networks', async () => {
    const other = { ...ends[1], spec: { ...ends[1].spec, dataset: 'cifar10' as const } };
    await expect(createInterpolation(sessionOf(from), ends[0], other, { statistics: 'interpolate' })).rejects.toThrow(
      /^to: mlp of 12762 parameters on generated cifar10, where from is mlp of 12762 parameters on generated mnist/,
    );
  });
});
