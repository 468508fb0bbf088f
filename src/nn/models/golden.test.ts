import { describe, expect, test } from 'vitest';
import { createEagerEngine } from '../../engine/eager.js';
import type { Engine } from '../../engine/engine.js';
import { createOnnxEngine } from '../../engine/onnx/cpu/engine.js';
import { deviationsFromGolden, engineRunner, GOLDEN_NAMES, modelOfGolden, readGolden } from '../testing/golden.js';

async function disagreements(name: string, engine: Engine) {
  const deviations = await deviationsFromGolden(readGolden(name), engineRunner(engine));
  return deviations.filter(({ ratio }) => ratio > 1);
}

describe('forward pass, gradient and running statistics agree with PyTorch to 1e-4', () => {
  test.each(GOLDEN_NAMES)('%s', async (name) => {
    expect(await disagreements(name, createOnnxEngine())).toEqual([]);
  });

  // Its convolutions take minutes for the other networks.
  test.each(['mlp', 'f1'])("%s on tfjs's own backend", async (name) => {
    expect(await disagreements(name, createEagerEngine())).toEqual([]);
  });
});

describe('names are those of the PyTorch state_dict, in its order', () => {
  test.each(GOLDEN_NAMES)('%s', async (name) => {
    const golden = readGolden(name);
    const { layout } = await modelOfGolden(golden);
    expect(layout.parameters.map((slot) => slot.name)).toEqual(Object.keys(golden.train.gradient));
    expect(layout.statistics.map((slot) => slot.name)).toEqual(Object.keys(golden.train.statistics));
  });
});

describe('the comparison', () => {
  const golden = readGolden('mlp');
  const run = engineRunner(createEagerEngine());

  test.each(['gradient', 'statistics'] as const)('finds an error of 3e-4 in one piece of the %s', async (output) => {
    const deviations = await deviationsFromGolden(golden, async (fn, inputs) => {
      const outputs = await run(fn, inputs);
      return { ...outputs, [output]: outputs[output]!.map((value, i) => (i < 720 ? value * 1.0003 : value)) };
    });
    expect(deviations[0]!.ratio).toBeGreaterThan(2);
  });

  test('takes NaN for a deviation', async () => {
    const deviations = await deviationsFromGolden(golden, async (fn, inputs) => ({
      ...(await run(fn, inputs)),
      loss: Float32Array.of(Number.NaN),
    }));
    expect(deviations[0]).toEqual({ what: 'train: loss', ratio: Infinity });
  });
});
