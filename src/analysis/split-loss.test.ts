import { beforeAll, describe, expect, test } from 'vitest';
import { openImages } from '../data/batches.js';
import { createEngine } from '../engine/create.js';
import { float, sumOf } from '../engine/engine.js';
import { batchLoss, batchSpecs, withGradient } from '../nn/loss.js';
import { buildModel } from '../nn/model.js';
import { createEvaluator } from '../session/evaluate.js';
import { normal } from '../support/random.js';
import { createSplitLoss, usualBatchSize } from './split-loss.js';
import { patternImages, type TrainedNetwork, trainSmallNetwork } from './testing/network.js';

let network: TrainedNetwork;
beforeAll(async () => {
  network = await trainSmallNetwork(3);
});

async function lossAndGradient(changes: Partial<TrainedNetwork['objective']>) {
  const gradient = new Float64Array(network.w.length);
  const { evaluate, dispose } = createSplitLoss({ ...network.objective, ...changes });
  const f = await evaluate(network.w, gradient);
  await dispose();
  return { f, gradient };
}

const largest = (vector: Float64Array): number => vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((ai, i) => ai - b[i]!);

describe('the loss over a split', () => {
  test('is the evaluator’s, however the images are batched', async () => {
    const { weights, source, model, objective } = network;
    const evaluator = createEvaluator(objective.engine, model);
    const { loss } = await evaluator.evaluate(weights.parameters, weights.statistics, source);
    const whole = await lossAndGradient({ batchSize: 400 });
    expect(whole.f / loss).toBeCloseTo(1, 6);
    for (const batchSize of [400, 150, 7]) {
      const { f, gradient } = await lossAndGradient({ batchSize });
      expect(f / whole.f).toBeCloseTo(1, 6);
      expect(largest(difference(gradient, whole.gradient))).toBeLessThan(1e-5 * largest(whole.gradient));
    }
  });

  test.each(['running', 'batch'] as const)('%s statistics: value and gradient of tfjs itself', async (batchNorm) => {
    const { model, weights, source, w } = network;
    const engine = await createEngine({ engine: 'tfjs', device: 'auto' });
    const pixels = new Float32Array(400 * 784);
    await source.read(
      Uint32Array.from({ length: 400 }, (_, i) => i),
      pixels,
    );
    const specs = { parameters: float(w.length), batch: batchSpecs(model, 400, batchNorm) };
    const program = await engine.compile(({ parameters, batch }) => {
      const { value, gradient } = withGradient(
        (at) => ({ value: batchLoss(model, at, batch, batchNorm).mean, extras: {} }),
        parameters,
      );
      return { value, gradient };
    }, specs);
    const { parameters, statistics } = weights;
    const expected = await program.run({ parameters, batch: { statistics, images: pixels, labels: source.labels } });
    const { f, gradient } = await lossAndGradient({ batchNorm, batchSize: 400 });
    expect(f / sumOf(expected.value)).toBeCloseTo(1, 5);
    const oracle = Float64Array.from(expected.gradient);
    expect(largest(difference(gradient, oracle))).toBeLessThan(1e-4 * largest(oracle));
  });

  test('its gradient is the slope along any direction', async () => {
    const { w } = network;
    const { evaluate } = createSplitLoss(network.objective);
    const direction = Float64Array.from(normal({ seed: 5, purpose: 'test' }, w.length, 0.01));
    const { gradient } = await lossAndGradient({});
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    const at = (t: number) =>
      evaluate(
        w.map((wi, i) => wi + t * direction[i]!),
        new Float64Array(w.length),
      );
    expect(((await at(0.1)) - (await at(-0.1))) / 0.2 / slope).toBeCloseTo(1, 2);
  });

  test('with the statistics of each batch depends on what shares a batch, weighted by size', async () => {
    const whole = await lossAndGradient({ batchNorm: 'batch', batchSize: 300 });
    const first = await openImages({ ...network.source, count: 300, labels: network.source.labels.subarray(0, 300) });
    const own = await lossAndGradient({ batchNorm: 'batch', batchSize: 300, images: first });
    const { source } = network;
    const rest = await openImages({
      ...source,
      count: 100,
      labels: source.labels.subarray(300),
      read: (indices, out) =>
        source.read(
          indices.map((i) => i + 300),
          out,
        ),
    });
    const others = await lossAndGradient({ batchNorm: 'batch', batchSize: 300, images: rest });
    expect(whole.f / (0.75 * own.f + 0.25 * others.f)).toBeCloseTo(1, 6);
    const all = await lossAndGradient({ batchNorm: 'batch', batchSize: 400 });
    expect(Math.abs(whole.f / all.f - 1)).toBeGreaterThan(1e-4);
  });

  test('images that are too many to keep are read on every pass, with the same result', async () => {
    let reads = 0;
    const counted = {
      ...network.source,
      read: (indices: Uint32Array, out: Float32Array) => {
        reads++;
        return network.source.read(indices, out);
      },
    };
    const streamed = await lossAndGradient({ images: await openImages(counted, 1000) });
    expect(reads).toBe(2);
    expect(streamed).toEqual(await lossAndGradient({}));
  });

  test('stops between batches once its signal is aborted, with the reason', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const onBatch = (done: number): void => {
      seen.push(done);
      controller.abort(new Error('enough'));
    };
    const { evaluate } = createSplitLoss({
      ...network.objective,
      batchSize: 100,
      signal: controller.signal,
      onBatch,
    });
    await expect(evaluate(network.w, new Float64Array(network.w.length))).rejects.toThrow('enough');
    expect(seen).toEqual([100]);
  });
});

test('a batch is as large as speed or the statistics ask for, and the network allows', async () => {
  const sizeFor = async (name: 'f1' | 'c1' | 'resnet44', mode: 'running' | 'batch') =>
    usualBatchSize(await buildModel(name, { classes: 10 }), mode);
  const sizes = (mode: 'running' | 'batch') =>
    Promise.all((['f1', 'c1', 'resnet44'] as const).map((name) => sizeFor(name, mode)));
  expect(await sizes('running')).toEqual([2000, 500, 250]);
  expect(await sizes('batch')).toEqual([5000, 5000, 500]);
});

test('every pass over kept images gives all of them in order', async () => {
  const source = patternImages(25, 3);
  const images = await openImages(source);
  for (const batchSize of [10, 25]) {
    const labels: number[] = [];
    for await (const batch of images.batches(batchSize)) labels.push(...batch.labels);
    expect(labels).toEqual([...source.labels]);
  }
});
