import { describe, expect, test } from 'vitest';
import { buildModel, type ModelName } from './model.js';

describe('the networks of the paper', () => {
  test.each([
    ['f1', 10, 1_462_794],
    ['c1', 10, 1_388_490],
    ['c3', 100, 1_405_860],
    ['resnet44', 10, 661_338],
    ['resnet44', 100, 667_188],
    ['alexnet', 1000, 61_110_184],
  ] satisfies [ModelName, number, number][])('%s with %i classes has %i parameters', (name, classes, size) => {
    const { layout } = buildModel(name, { classes });
    expect(layout.size).toBe(size);
    expect(layout.parameters.reduce((total, slot) => total + slot.size, 0)).toBe(size);
    expect(new Set(layout.parameters.map((slot) => slot.name)).size).toBe(layout.parameters.length);
  });
});
