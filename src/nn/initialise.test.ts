import { describe, expect, test } from 'vitest';
import { initialise } from './initialise.js';
import type { Layout } from './layout.js';
import { buildModel } from './model.js';

const c1 = buildModel('c1', { classes: 10 }).layout;
const resnet = buildModel('resnet44', { classes: 10 }).layout;

function piece(flat: Float32Array, layout: Layout, name: string): Float32Array {
  const slot = layout.parameters.find((candidate) => candidate.name === name);
  if (!slot) throw new Error(`no parameter ${name}`);
  return flat.subarray(slot.offset, slot.offset + slot.size);
}

const meanSquare = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;

describe('initialisation', () => {
  test.each([
    ['features.0.weight', 3 * 25],
    ['features.4.weight', 64 * 25],
    ['classifier.0.weight', 3136],
    ['classifier.8.weight', 192],
    ['classifier.8.bias', 192],
  ])('%s of C1 is uniform on ±1/√%i', (name, fanIn) => {
    const values = piece(initialise(c1, { seed: 3, batchNormScale: 'one' }).parameters, c1, name);
    const bound = 1 / Math.sqrt(fanIn);
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(bound * (1 - 10 / values.length));
    const samplingError = Math.sqrt(4 / 5 / values.length);
    expect(Math.abs((3 * meanSquare(values)) / bound ** 2 - 1)).toBeLessThan(4 * samplingError);
  });

  test('ResNet44’s convolutions are normal with variance 2/(k²·outputs), its scales 1', () => {
    const { parameters } = initialise(resnet, { seed: 1, batchNormScale: 'uniform' });
    const values = piece(parameters, resnet, 'layer3.1.conv1.weight');
    expect(meanSquare(values) / (2 / (9 * 64))).toBeCloseTo(1, 1);
    expect([...piece(parameters, resnet, 'layer2.0.downsample.1.weight')]).toEqual(Array(32).fill(1));
  });

  test('batch normalisation starts at scale 1 or U(0, 1), shift 0, mean 0, variance 1', () => {
    const one = initialise(c1, { seed: 1, batchNormScale: 'one' });
    expect([...piece(one.parameters, c1, 'features.2.weight')]).toEqual(Array(64).fill(1));
    expect([...piece(one.parameters, c1, 'features.2.bias')]).toEqual(Array(64).fill(0));
    expect([...one.statistics.subarray(0, 128)]).toEqual([...Array(64).fill(0), ...Array(64).fill(1)]);
    const uniform = piece(initialise(c1, { seed: 1, batchNormScale: 'uniform' }).parameters, c1, 'classifier.1.weight');
    expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(Math.abs(uniform.reduce((sum, value) => sum + value, 0) / 384 - 0.5)).toBeLessThan(0.06);
  });

  test('depends on the seed alone, and differs between parameters of one shape', () => {
    const first = initialise(resnet, { seed: 1, batchNormScale: 'one' });
    const again = initialise(resnet, { seed: 1, batchNormScale: 'one' });
    expect(again.parameters.every((value, i) => value === first.parameters[i])).toBe(true);
    const other = initialise(resnet, { seed: 2, batchNormScale: 'one' });
    expect(piece(other.parameters, resnet, 'fc.weight')).not.toEqual(piece(first.parameters, resnet, 'fc.weight'));
    const [a, b] = ['layer1.0.conv1.weight', 'layer1.0.conv2.weight'].map((n) => piece(first.parameters, resnet, n));
    expect(a).not.toEqual(b);
  });
});
