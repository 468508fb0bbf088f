import { expect, test } from 'vitest';
import { ALL_KERNELS } from '../onnx/kernels/index.js';
import { CASES } from './cases/index.js';
import { expectedOf } from './conformance.js';

test('the cases exercise every kernel of the onnx engine', async () => {
  const used = new Set<string>();
  for (const one of CASES) {
    for (const name of (await expectedOf(one)).kernelNames) used.add(name);
  }
  expect(Object.keys(ALL_KERNELS).filter((name) => !used.has(name))).toEqual([]);
});

test('each case has a name of its own', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
});
