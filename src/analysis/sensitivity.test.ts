import { beforeAll, expect, test } from 'vitest';
import { batches } from '../data/batches.js';
import { createEvaluator } from '../session/evaluate.js';
import { createUniformBuffer } from '../support/random-buffers.js';
import { measureSensitivity, slopes } from './sensitivity.js';
import { type TrainedNetwork, trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf } from './testing/session.js';

let network: TrainedNetwork;
beforeAll(async () => {
  network = await trainSmallNetwork(3, 350);
});

const measure = (strengths: number[], changes = {}) =>
  measureSensitivity(sessionOf(network), checkpointOf(network, 'w'), 'train', { strengths, seed: 1, ...changes });

test('without noise it is the evaluation; noise costs loss, more of it more', async () => {
  const { model, weights, source, objective } = network;
  const clean = await createEvaluator(objective.engine, model).evaluate(weights.parameters, weights.statistics, source);
  const points = await measure([0, 0.05, 0.1]);
  expect(points.map(({ a, draws }) => [a, draws])).toEqual([
    [0, 4],
    [0.05, 4],
    [0.1, 4],
  ]);
  expect(points[0]!.loss / clean.loss).toBeCloseTo(1, 5);
  expect(points[0]!.accuracy).toBeCloseTo(clean.accuracy, 5);
  expect(points[1]!.loss).toBeGreaterThan(points[0]!.loss);
  expect(points[2]!.loss).toBeGreaterThan(points[1]!.loss);
});

test('each batch of 100 sees w + a·u with its own u ~ U(−1, 1), batch norm’s parameters included', async () => {
  const { model, weights, source, objective } = network;
  const { evaluate } = createEvaluator(objective.engine, model);
  const buffer = createUniformBuffer(model.layout.size);
  let loss = 0;
  let correct = 0;
  let step = 0;
  for await (const { images, labels, count } of batches(source, { batchSize: 100 })) {
    const u = buffer.fill({ seed: 1, purpose: 'sensitivity', step: step++ }, 1);
    const moved = weights.parameters.map((w, i) => w + 0.07 * u[i]!);
    const own = {
      ...{ name: 'batch', count, labels: Int32Array.from(labels), classes: 10, shape: source.shape },
      read: async (_: Uint32Array, out: Float32Array) => out.set(images),
    };
    const result = await evaluate(moved, weights.statistics, own);
    loss += count * result.loss;
    correct += count * result.accuracy;
  }
  const [point] = await measure([0.07]);
  expect(point!.loss / (loss / 350)).toBeCloseTo(1, 4);
  expect(point!.accuracy).toBeCloseTo(correct / 350, 6);
});

test('a strength’s point does not depend on which others are asked for, and does on the seed and the split', async () => {
  const [alone] = await measure([0.1]);
  expect((await measure([0, 0.1]))[1]).toEqual(alone);
  expect((await measure([0.1], { seed: 2 }))[0]!.loss).not.toBe(alone!.loss);
  const session = sessionOf(network);
  const options = { strengths: [0.1], seed: 1 };
  const [tested] = await measureSensitivity(session, checkpointOf(network, 'w'), 'test', options);
  expect(tested!.loss).not.toBe(alone!.loss);
});

test('the first images only', async () => {
  const done: number[] = [];
  const [point] = await measure([0], { images: 120, onShare: (share: number) => done.push(share) });
  expect(point!.draws).toBe(2);
  expect(done).toEqual([100 / 120, 1]);
});

test('s is the slope from each strength to the next (Eq. 9)', () => {
  const points = [
    { a: 0, loss: 1 },
    { a: 0.5, loss: 2 },
    { a: 0.75, loss: 2 },
  ];
  expect(slopes(points)).toEqual([2, 0]);
});
