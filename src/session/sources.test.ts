import { describe, expect, test } from 'vitest';
import { TINY_DATASET, tinySpec } from '../training/testing/tiny.js';
import { chooseSources } from './sources.js';

const choose = (settings: object) => chooseSources(tinySpec(settings), TINY_DATASET);

describe('what a run trains and validates on', () => {
  test('by default: the training set and the test set', () => {
    expect(choose({})).toEqual({
      train: TINY_DATASET.train,
      validation: TINY_DATASET.test,
      test: TINY_DATASET.test,
    });
  });

  test('limits take the first images', () => {
    const { train, validation, test: tested } = choose({ trainLimit: 20, validationLimit: 7 });
    expect([train.count, validation.count, tested.count]).toEqual([20, 7, 7]);
    expect(train.labels).toEqual(TINY_DATASET.train.labels.slice(0, 20));
  });

  test('held-out images come from the training set, never from the test set, and are not trained on', async () => {
    const { train, validation, test: tested } = choose({ validation: 'holdout:12' });
    expect([train.count, validation.count, tested.count]).toEqual([48, 12, 30]);
    const images = async (source: typeof train) => {
      const out = new Float32Array(source.count * 16);
      await source.read(
        Uint32Array.from({ length: source.count }, (_, i) => i),
        out,
      );
      return Array.from({ length: source.count }, (_, i) => String(out.subarray(16 * i, 16 * i + 16)));
    };
    const all = await images(TINY_DATASET.train);
    expect([...(await images(train)), ...(await images(validation))].sort()).toEqual([...all].sort());
  });

  test('the held-out images are the same for every seed', () => {
    const held = [1, 2].map((seed) => choose({ validation: 'holdout:12', seeds: [seed] }).validation.labels);
    expect(held[0]).toEqual(held[1]);
  });
});
