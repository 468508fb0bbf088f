import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTuned, type TuneResult, tunedPath, writeTuned } from './tuned.js';

const RESULT: TuneResult = {
  experiment: 'c1-lb',
  validation: 'holdout:5000',
  epochs: 20,
  seeds: [1, 2],
  strengths: { smoothout: 0.01 },
  trials: [
    { method: 'smoothout', settings: { 'noise.a': 0.01, 'optimizer.name': 'sgd' }, accuracy: 78.125 },
    { method: 'smoothout', settings: { 'noise.a': 1, 'optimizer.name': 'sgd' }, accuracy: null },
  ],
};

test('a tune result is written beside the config and read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-tuned-'));
  const path = tunedPath(join(folder, 'c1-lb.yaml'), 'c1-lb');
  expect(path).toBe(join(folder, 'tuned', 'c1-lb.yaml'));
  expect(await readTuned(path)).toBeNull();
  await writeTuned(path, RESULT);
  expect(await readTuned(path)).toEqual(RESULT);
  expect(await readFile(path, 'utf8')).toMatch(/^# Chosen by `smoothout tune` on held-out training images/);
});

test('a result measured on the test set is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-tuned-'));
  await writeTuned(join(folder, 'a.yaml'), { ...RESULT, validation: 'test' });
  await expect(readTuned(join(folder, 'a.yaml'))).rejects.toThrow(/a\.yaml: validation: /);
});
