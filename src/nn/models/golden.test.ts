import { describe, expect, test } from 'vitest';
import { createEagerEngine } from '../../engine/eager.js';
import { deviationsFromGolden, engineRunner, readGolden } from '../testing/golden.js';

const run = engineRunner(createEagerEngine());

describe('forward pass, gradient and running statistics agree with PyTorch to 1e-4', () => {
  test.each(['mlp', 'f1'] as const)('%s', async (name) => {
    const deviations = await deviationsFromGolden(readGolden(name), run);
    expect(deviations.filter(({ ratio }) => ratio > 1)).toEqual([]);
  });
});
