import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { resultsFolder, writeRun } from '../report/testing/fixture-runs.js';
import { acquireLock } from '../support/lock.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';
import { findRemovable, removeItem } from './removable.js';

const TEMPORARY = '.last.safetensors.0123456789ab.tmp';
const vector = (value: number) => ({ shape: [4], data: new Float32Array(4).fill(value) });
const last = () =>
  encodeSafetensors(
    {
      ...{ 'fc.weight': vector(1), 'average.parameters': vector(2) },
      ...{ 'optimizer.first': vector(3), 'optimizer.second': vector(4), 'method.memory': vector(5) },
    },
    { epoch: '200', place: '{}' },
  );

let results: string;
let completed: string;
let interrupted: string;
beforeEach(async () => {
  results = await resultsFolder();
  completed = await writeRun(results, { experiment: 'a' });
  interrupted = await writeRun(results, { experiment: 'a', seed: 2, record: { status: 'interrupted', epochsDone: 3 } });
  for (const folder of [completed, interrupted]) await writeFile(join(folder, 'last.safetensors'), last());
});

test('the optimizer’s state of completed runs alone; all else of the checkpoint stays', async () => {
  const path = join(completed, 'last.safetensors');
  const { items } = await findRemovable(results, 'results');
  expect(items).toEqual([{ kind: 'optimizer state', path, bytes: 3 * 16 }]);
  await removeItem(items[0]!);
  const { tensors, metadata } = await readSafetensors(path);
  expect(tensors).toEqual({ 'fc.weight': vector(1), 'average.parameters': vector(2) });
  expect(metadata).toEqual({ epoch: '200', sha256: expect.any(String), headerSha256: expect.any(String) });
  expect((await readdir(completed)).filter((name) => name.includes('lock'))).toEqual([]);
  expect(await findRemovable(results, 'results')).toEqual({ items: [], inUse: [] });
});

test('temporary files where nobody works, and in shared folders once nobody can be writing them', async () => {
  await mkdir(join(results, 'figures'));
  for (const folder of [interrupted, results, join(results, 'figures')])
    await writeFile(join(folder, TEMPORARY), 'half');
  await utimes(join(results, TEMPORARY), 0, 0);
  await writeFile(join(results, 'figures', '.curve.partial.json'), '{}');
  const { items } = await findRemovable(results, 'results');
  const found = items.filter(({ kind }) => kind === 'temporary file');
  expect(found.map(({ path, bytes }) => [path, bytes])).toEqual([
    [join(interrupted, TEMPORARY), 4],
    [join(results, TEMPORARY), 4],
  ]);
  for (const item of found) await removeItem(item);
  expect(await readdir(interrupted)).not.toContain(TEMPORARY);
});

test('empty folders of runs, and those with nothing but such folders; no others', async () => {
  for (const name of ['logs', 'data/raw', 'a/notes/x']) await mkdir(join(results, 'runs', name), { recursive: true });
  await mkdir(join(results, 'runs', 'b', 'baseline', 'seed-1'), { recursive: true });
  const { items } = await findRemovable(results, 'results');
  const found = items.filter(({ kind }) => kind === 'empty folder');
  expect(found.map(({ path }) => path)).toEqual(
    ['b/baseline/seed-1', 'b/baseline', 'b'].map((name) => join(results, 'runs', name)),
  );
  for (const item of found) await removeItem(item);
  expect(await readdir(join(results, 'runs'))).toEqual(['a', 'data', 'logs']);
});

test.each([
  ['a living process', async (path: string) => void (await acquireLock(path))],
  ['a process elsewhere', (path: string) => writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'x' }))],
  ['nobody can tell who', (path: string) => writeFile(path, '{')],
])('nothing in a folder that %s has', async (_, lock) => {
  await writeFile(join(completed, TEMPORARY), 'half');
  const [item] = (await findRemovable(results, 'results')).items;
  await lock(join(completed, 'sharpness.lock.json'));
  expect(await findRemovable(results, 'results')).toEqual({ items: [], inUse: [completed] });
  await utimes(join(completed, TEMPORARY), 0, 0);
  expect(await findRemovable(completed, 'results')).toEqual({ items: [], inUse: [completed] });
  await lock(join(completed, 'run.lock.json'));
  await expect(removeItem(item!)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
});
