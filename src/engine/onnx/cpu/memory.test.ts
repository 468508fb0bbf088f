import { expect, test } from 'vitest';
import { createCpuMemory } from './memory.js';

const spec = { shape: [2, 3], dtype: 'float32' } as const;

test('disposed memory serves the next array of its size and dtype, and no other', () => {
  const memory = createCpuMemory();
  const { values, dispose } = memory.allocate(spec);
  dispose();
  expect(memory.allocate({ shape: [5], dtype: 'float32' }).values).not.toBe(values);
  expect(memory.allocate({ shape: [6], dtype: 'int32' }).values).toBeInstanceOf(Int32Array);
  expect(memory.allocate({ shape: [6], dtype: 'float32' }).values).toBe(values);
  expect(memory.allocate(spec).values).not.toBe(values);
});

test('an array disposed twice is handed out once', () => {
  const memory = createCpuMemory();
  const array = memory.allocate(spec);
  array.dispose();
  array.dispose();
  expect(memory.allocate(spec).values).not.toBe(memory.allocate(spec).values);
});

test('an array cannot be used once it is disposed: its memory may be that of another', async () => {
  const array = createCpuMemory().allocate(spec);
  await expect(array.read()).resolves.toBe(array.values);
  array.dispose();
  await expect(array.read()).rejects.toThrow('after it had been disposed');
  expect(() => array.values).toThrow('after it had been disposed');
});
