import { describe, expect, test } from 'vitest';
import { buildModel, type Mode, type ModelName, type ModelOptions } from '../../../nn/model.js';
import { testInputs } from '../../../nn/testing/fill.js';
import { engineRunner, goldenFunction } from '../../../nn/testing/golden.js';
import { createEagerEngine } from '../../eager.js';
import type { HostArray } from '../../engine.js';
import { createOnnxEngine } from '../../onnx/cpu/engine.js';

const square = (channels: number, side: number) => ({ channels, height: side, width: side });

/** Images small enough for convolutions in plain JavaScript. src/nn compares the full sizes with PyTorch. */
const MODELS: readonly [name: ModelName, options: ModelOptions, modes: readonly Mode[]][] = [
  ['mlp', { classes: 5, inputShape: square(1, 6), hidden: [17, 9] }, ['train', 'running', 'batch']],
  ['f1', { classes: 10, inputShape: square(1, 6) }, ['train']],
  ['c1', { classes: 10, inputShape: square(3, 7) }, ['train', 'running']],
  ['resnet44', { classes: 10, inputShape: square(3, 4) }, ['train']],
];

/** The largest difference, in units of the largest value. */
function deviation(a: HostArray, b: HostArray): number {
  const largest = (values: Iterable<number>) => [...values].reduce((x, y) => Math.max(x, Math.abs(y)), 0);
  const differences = Float64Array.from(a, (value, i) => value - b[i]!);
  return differences.some(Number.isNaN) ? Number.NaN : largest(differences) / Math.max(largest(a), 1e-3);
}

const CASES = MODELS.flatMap(([name, options, modes]) => modes.map((mode) => [name, mode, options] as const));

describe('whole models agree with the eager engine', () => {
  test.each(CASES)('%s, mode %s', async (name, mode, options) => {
    const model = await buildModel(name, options);
    const { dropout, ...given } = testInputs(model, 5, 2);
    const inputs = mode === 'train' && model.dropoutUnits > 0 ? { ...given, dropout } : given;
    const fn = goldenFunction(model, mode);
    const expected = await engineRunner(createEagerEngine())(fn, inputs);
    const actual = await engineRunner(createOnnxEngine())(fn, inputs);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    const outputs = Object.keys(expected) as (keyof typeof expected)[];
    const deviations = outputs.map((output) => [output, deviation(expected[output], actual[output])]);
    for (const [output, value] of deviations) expect(value, `${output}: ${deviations}`).toBeLessThan(1e-4);
  });
});
