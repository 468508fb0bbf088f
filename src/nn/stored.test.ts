import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import type { StoredTensors } from '../support/safetensors.js';
import { initialise } from './initialise.js';
import { buildModel } from './model.js';
import { fromTensors, toTensors } from './stored.js';

const { layout } = buildModel('mlp', { classes: 3, hidden: [4], inputShape: { channels: 1, height: 2, width: 2 } });
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
    const doubles = { shape: [4], data: new Float64Array(4) };
    expect(errorFrom({ ...tensors, 'layers.0.bias': doubles }).message).toContain('Float64Array');
  });

  test('names of Object.prototype are not taken for tensors', () => {
    const { 'layers.3.bias': _, ...rest } = tensors;
    expect(errorFrom({ ...rest, constructor: tensors['layers.3.bias']! }).message).toContain('lacks "layers.3.bias"');
  });
});
