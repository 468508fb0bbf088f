import { describe, expect, test } from 'vitest';
import { CONVENTION_NAMES, conventionOf, NAMED_CONVENTIONS, withConvention } from './sharpness-conventions.js';

const MNIST = { images: 60_000, splitImages: 60_000, batchSize: 2000 };
const DEFINED = { ...NAMED_CONVENTIONS.defined, ...MNIST };

test.each(CONVENTION_NAMES)('%s is recognised, on a part of the images too', (convention) => {
  const settings = withConvention({ ...DEFINED, images: 1000, batchSize: 500 }, convention);
  expect(conventionOf(settings)).toBe(convention);
  expect(settings.images).toBe(1000);
});

test.each([
  { split: 'test' },
  { batchNorm: 'batch', split: 'test' },
  { gradient: 'reference' },
  { epsilon: 1e-3 },
  { start: 'random' },
  { maxIterations: 20 },
  { manifold: 100 },
] as const)('%j is none of them', (changes) => {
  expect(conventionOf({ ...DEFINED, ...changes })).toBe('custom');
});

describe('too little to be called by the name', () => {
  test.each(CONVENTION_NAMES)('%s on one image', (convention) => {
    expect(conventionOf(withConvention({ ...DEFINED, images: 1, batchSize: 1 }, convention))).toBe('custom');
  });

  test('batch statistics of a few images', () => {
    expect(conventionOf(withConvention({ ...DEFINED, batchSize: 2 }, 'keskar'))).toBe('custom');
    expect(conventionOf({ ...DEFINED, batchSize: 2 })).toBe('defined');
  });

  test('unless the split has no more', () => {
    const small = { ...DEFINED, images: 50, splitImages: 50, batchSize: 50 };
    expect(conventionOf(withConvention(small, 'keskar'))).toBe('keskar');
  });
});
