import { describe, expect, test } from 'vitest';
import { classifyBox, projectedGradientNorm, projectOntoBox } from './problem.js';

const box = {
  lower: Float64Array.of(-1, -Infinity, 0, -Infinity),
  upper: Float64Array.of(1, 2, Infinity, Infinity),
};

describe('a box', () => {
  test('is constrained by any bound, boxed only by all of them', () => {
    const free = { lower: Float64Array.of(-Infinity), upper: Float64Array.of(Infinity) };
    const both = { lower: Float64Array.of(0), upper: Float64Array.of(0) };
    expect(classifyBox(box)).toEqual({ constrained: true, boxed: false });
    expect(classifyBox(free)).toEqual({ constrained: false, boxed: false });
    expect(classifyBox(both)).toEqual({ constrained: true, boxed: true });
  });

  test('projects each component on its own', () => {
    const x = Float64Array.of(-3, 5, -0.5, 7);
    projectOntoBox(x, box);
    expect([...x]).toEqual([-1, 2, 0, 7]);
  });

  test('the projected gradient stops at the bounds it points through', () => {
    const x = Float64Array.of(0.9, 2, 3, 0);
    expect(projectedGradientNorm(x, Float64Array.of(-5, 0, 0, 0), box)).toBeCloseTo(0.1, 12);
    expect(projectedGradientNorm(x, Float64Array.of(0, -5, 0, 0), box)).toBe(0);
    expect(projectedGradientNorm(x, Float64Array.of(0, 5, 0, 0), box)).toBe(5);
    expect(projectedGradientNorm(x, Float64Array.of(0, 0, 7, 0), box)).toBe(3);
    expect(projectedGradientNorm(x, Float64Array.of(0.5, -1, 1, -9), box)).toBe(9);
  });
});
