import { expect, test } from 'vitest';
import { gpuUseDuring, useOf } from './nvidia.js';

test('the largest memory and the mean utilization of the samples', () => {
  expect(useOf('100, 50\n300, 100\n200, 0\n')).toEqual({ memoryMiB: 300, busy: 0.5 });
});

test('lines that say nothing', () => {
  expect(useOf('')).toBeUndefined();
  expect(useOf('[N/A], [N/A]\n')).toBeUndefined();
  expect(useOf('NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n')).toBeUndefined();
});

test('the action runs whether or not there is an nvidia-smi', async () => {
  const [result] = await gpuUseDuring(async () => 7);
  expect(result).toBe(7);
});
