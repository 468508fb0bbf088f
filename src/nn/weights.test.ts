import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import type { StoredTensors } from '../support/safetensors.js';
import type { Layout } from './layout.js';
import { buildModel } from './model.js';
import { fromTensors, initialise, toTensors } from './weights.js';

const { layout: c1 } = await buildModel('c1', { classes: 10 });
const { layout: resnet } = await buildModel('resnet44', { classes: 10 });

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

const { layout } = await buildModel('mlp', {
  classes: 3,
  hidden: [4],
  inputShape: { channels: 1, height: 2, width: 2 },
});
const weights = initialise(layout, { seed: 1, batchNormScale: 'uniform' });
const tensors = toTensors(weights, layout);

function errorFrom(changed: StoredTensors): SmoothOutError {
  try {
    fromTensors(changed, layout, 'best.safetensors');
  } catch (error) {
    if (error instanceof SmoothOutError) return error;
  }
  throw new Error('no SmoothOutError was thrown');
}

describe('checkpoint tensors', () => {
  test('have the names and shapes of the state_dict', () => {
    expect(Object.entries(tensors).map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['layers.0.weight', 4, 4],
      ['layers.0.bias', 4],
      ['layers.1.weight', 4],
      ['layers.1.bias', 4],
      ['layers.3.weight', 3, 4],
      ['layers.3.bias', 3],
      ['layers.1.running_mean', 4],
      ['layers.1.running_var', 4],
    ]);
  });

  test('make a round trip, in any order and with PyTorch’s counters', () => {
    const shuffled = Object.fromEntries(Object.entries(tensors).reverse());
    const counter = { shape: [], data: BigInt64Array.of(7n) };
    expect(fromTensors({ ...shuffled, 'layers.1.num_batches_tracked': counter }, layout, 'x')).toEqual(weights);
  });

  test('a missing tensor is named', () => {
    const { 'layers.3.bias': _, ...rest } = tensors;
    expect(errorFrom(rest)).toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: 'best.safetensors lacks "layers.3.bias"',
    });
  });

  test('unknown tensors are named, the first three of many', () => {
    const extra = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, tensors['layers.0.bias']!]));
    expect(errorFrom({ ...tensors, ...extra }).message).toContain('holds "a", "b", "c" and 2 more tensors');
  });

  test('a wrong shape and a wrong type are refused', () => {
    const flattened = { shape: [16], data: tensors['layers.0.weight']!.data };
    expect(errorFrom({ ...tensors, 'layers.0.weight': flattened }).message).toContain(
      '[16], where the model has [4,4]',
    );
    const integers = { shape: [4], data: new Int32Array(4) };
    expect(errorFrom({ ...tensors, 'layers.0.bias': integers }).message).toContain('Int32Array');
  });

  test.each(['module.', '_orig_mod.', 'model.', 'module._orig_mod.'])('may stand behind %s', (prefix) => {
    const wrapped = Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor] as const);
    const counter = { shape: [], data: BigInt64Array.of(7n) };
    const mask = { shape: [2], data: Uint8Array.of(1, 0) };
    const all = Object.fromEntries([...wrapped, ['n_averaged', counter], [`${prefix}mask`, mask]]);
    expect(fromTensors(all, layout, 'x')).toEqual(weights);
  });

  test('of one name under two prefixes are refused', () => {
    const twice = ['module.', 'model.'].flatMap((prefix) => Object.keys(tensors).map((name) => prefix + name));
    const all = Object.fromEntries(twice.map((name) => [name, tensors['layers.3.bias']!]));
    expect(errorFrom(all).message).toContain('holds "layers.0.weight" under several prefixes');
  });

  test('may be doubles', () => {
    const doubles = Object.entries(tensors).map(([name, { shape, data }]) => {
      return [name, { shape, data: Float64Array.from(data as Float32Array) }] as const;
    });
    expect(fromTensors(Object.fromEntries(doubles), layout, 'x')).toEqual(weights);
  });

  test.each([
    ['layers.0.bias', Number.NaN],
    ['layers.1.running_mean', Number.POSITIVE_INFINITY],
    ['layers.1.running_var', -0.5],
  ])('are refused where %s holds %d', (name, value) => {
    const spoiled = { shape: [4], data: Float32Array.of(0, 0, value, 0) };
    expect(errorFrom({ ...tensors, [name]: spoiled })).toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: `best.safetensors: "${name}" holds ${value} at 2`,
    });
  });

  test('of another model are told beside what was expected', () => {
    const { 'layers.3.bias': bias, ...rest } = tensors;
    expect(errorFrom({ ...rest, 'head.bias': bias! }).message).toBe(
      'best.safetensors lacks "layers.3.bias"; it holds "head.bias", which the model does not have',
    );
  });

  test('names of Object.prototype are not taken for tensors', () => {
    const { 'layers.3.bias': _, ...rest } = tensors;
    expect(errorFrom({ ...rest, constructor: tensors['layers.3.bias']! }).message).toContain('lacks "layers.3.bias"');
  });
});
