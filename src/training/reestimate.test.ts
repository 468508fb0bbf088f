import { expect, test } from 'vitest';
import { createOnnxEngine } from '../engine/onnx/cpu/engine.js';
import { initialise } from '../nn/weights.js';
import { buildLearner } from './learner.js';
import { createReestimator } from './reestimate.js';
import { TINY_DATASET, tinySpec } from './testing/tiny.js';

const { train } = TINY_DATASET;
const UNITS = 8;

/** The first layer's outputs of one image, which the network's only batch normalisation normalises. */
async function activations(parameters: Float32Array): Promise<number[][]> {
  const inputs = 16;
  const pixels = new Float32Array(train.count * inputs);
  await train.read(
    Uint32Array.from({ length: train.count }, (_, i) => i),
    pixels,
  );
  return Array.from({ length: train.count }, (_, image) =>
    Array.from({ length: UNITS }, (_, unit) => {
      const weights = parameters.subarray(unit * inputs, (unit + 1) * inputs);
      const bias = parameters[UNITS * inputs + unit]!;
      return weights.reduce((sum, weight, i) => sum + weight * pixels[image * inputs + i]!, bias);
    }),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) =>
  mean(values.map((value) => (value - mean(values)) ** 2)) * (values.length / (values.length - 1));

test('running statistics of given parameters are the means over the batches of each batch’s own', async () => {
  const spec = tinySpec();
  const { layout } = (await buildLearner(spec, train)).model;
  const { parameters } = initialise(layout, { seed: 3, batchNormScale: 'one' });
  const reestimator = await createReestimator(createOnnxEngine({ threads: 1 }), spec, train);
  const statistics = [...(await reestimator.statisticsOf(parameters))];
  await reestimator.dispose();
  const outputs = await activations(parameters);
  // 60 images in batches of 16: the last has 12, and counts as much as the others.
  const batches = [0, 16, 32, 48].map((start) => outputs.slice(start, start + 16));
  const overBatches = (of: (values: readonly number[]) => number) =>
    Array.from({ length: UNITS }, (_, unit) => mean(batches.map((batch) => of(batch.map((row) => row[unit]!)))));
  const expected = [...overBatches(mean), ...overBatches(variance)];
  expect(statistics).toEqual(expected.map((value) => expect.closeTo(value, 4)));
});
