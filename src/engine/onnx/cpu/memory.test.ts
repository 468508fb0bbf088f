import { expect, test } from 'vitest';
import { createCpuMemory } from './memory.js';

const shape = [2, 3];

test('disposed memory serves the next array of its size, and no other', () => {
  const memory = createCpuMemory();
  const { values, dispose } = memory.allocate(shape);
  dispose();
  expect(memory.allocate([5]).values).not.toBe(values);
  expect(memory.allocate([6]).values).toBe(values);
  expect(memory.allocate(shape).values).not.toBe(values);
});

test('an array disposed twice is handed out once', () => {
  const memory = createCpuMemory();
  const array = memory.allocate(shape);
  array.dispose();
  array.dispose();
  expect(memory.allocate(shape).values).not.toBe(memory.allocate(shape).values);
});

test('an array cannot be used once it is disposed: its memory may be that of another', async () => {
  const array = createCpuMemory().allocate(shape);
  await expect(array.read()).resolves.toBe(array.values);
  array.dispose();
  await expect(array.read()).rejects.toThrow('after it had been disposed');
  expect(() => array.values).toThrow('after it had been disposed');
});
