import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { split } from './flat.js';
import { buildModel, type Mode, type Model, type ModelName, type ModelOptions } from './model.js';
import { testInputs } from './testing/fill.js';

beforeAll(() => tf.setBackend('cpu'));

describe('the networks of the paper', () => {
  test.each([
    ['f1', 10, 1_462_794, 5 * 2, 0],
    ['c1', 10, 1_388_490, 4 * 2, 384 + 192],
    ['c3', 100, 1_405_860, 4 * 2, 384 + 192],
    ['resnet44', 10, 661_338, 45 * 2, 0],
    ['resnet44', 100, 667_188, 45 * 2, 0],
    ['alexnet', 1000, 61_110_184, 7 * 2, 2 * 4096],
  ] satisfies [ModelName, number, number, number, number][])(
    '%s with %i classes has %i parameters',
    async (name, classes, size, statistics, dropoutUnits) => {
      const model = await buildModel(name, { classes });
      expect(model.layout.size).toBe(size);
      const last = model.layout.parameters.at(-1)!;
      expect(last.offset + last.size).toBe(size);
      expect(model.layout.statistics).toHaveLength(statistics);
      expect(model.dropoutUnits).toBe(dropoutUnits);
    },
  );

  test('dropout 0 needs no random numbers', async () => {
    expect((await buildModel('alexnet', { classes: 1000, dropout: 0 })).dropoutUnits).toBe(0);
  });

  test.each([
    ['c1', { classes: 1 }, 'at least 2 classes'],
    ['c1', { classes: 10, dropout: 1 }, 'probability'],
    ['resnet44', { classes: 10, dropout: 0.5 }, 'has no dropout'],
    ['mlp', { classes: 10, hidden: [16, 0] }, 'hidden'],
    ['mlp', { classes: 10, hidden: [1e9] }, 'model "mlp" has 797000000010 parameters, more than'],
    ['c1', { classes: 10, inputShape: { channels: 3, height: 6, width: 32 } }, 'too small'],
    ['alexnet', { classes: 10, inputShape: { channels: 3, height: 32, width: 32 } }, 'too small'],
  ] satisfies [ModelName, ModelOptions, string][])('%s refuses %j', async (name, options, message) => {
    await expect(buildModel(name, options)).rejects.toThrow(SmoothOutError);
    await expect(buildModel(name, options)).rejects.toThrow(message);
  });
});

/** The logits, and how many statistics of the batch were left. */
function forward(model: Model, mode: Mode) {
  const inputs = testInputs(model, 3, 1);
  const tensor = (name: keyof typeof inputs) => tf.tensor(inputs[name].values, [...inputs[name].shape]);
  const statistics = split(tensor('statistics').as1D(), model.layout.statistics);
  const parameters = split(tensor('parameters').as1D(), model.layout.parameters);
  const output = model.forward({ parameters, statistics, images: tensor('images'), dropout: tensor('dropout') }, mode);
  return { logits: [...output.logits.dataSync()], changed: Object.keys(output.batchStatistics).length };
}

describe('modes', async () => {
  const shape = { classes: 4, inputShape: { channels: 1, height: 7, width: 9 } };
  const dropping = await buildModel('c1', shape);
  const plain = await buildModel('c1', { ...shape, dropout: 0 });

  test('only training updates the running statistics, all of them', () => {
    expect((['train', 'batch', 'running'] as const).map((mode) => forward(plain, mode).changed)).toEqual([8, 0, 0]);
  });

  test('batch is training without dropout', () => {
    expect(forward(plain, 'batch').logits).toEqual(forward(plain, 'train').logits);
    expect(forward(dropping, 'batch').logits).toEqual(forward(plain, 'train').logits);
    expect(forward(dropping, 'train').logits).not.toEqual(forward(plain, 'train').logits);
  });

  test('running does not depend on the other images', () => {
    expect(forward(plain, 'running').logits).not.toEqual(forward(plain, 'batch').logits);
    expect(forward(dropping, 'running').logits).toEqual(forward(plain, 'running').logits);
  });
});
