import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { resultsFolder } from '../report/testing/fixture-runs.js';
import { findRuns } from './find-runs.js';

let results: string;
beforeEach(async () => {
  results = await resultsFolder();
  for (const run of [
    'f1-lb/baseline/seed-1',
    'f1-lb/baseline/seed-10',
    'f1-lb/baseline/seed-2',
    'f1-sb/sam.1/seed-1',
  ]) {
    await mkdir(join(results, 'runs', run), { recursive: true });
  }
});

const namesOf = async (what: string) => (await findRuns(what, results)).map(({ name }) => name);
const ALL = ['f1-lb/baseline/seed-1', 'f1-lb/baseline/seed-2', 'f1-lb/baseline/seed-10', 'f1-sb/sam.1/seed-1'];

test.each([
  ['', 4],
  ['runs', 4],
  ['runs/f1-lb', 3],
  ['runs/f1-lb/baseline', 3],
  ['runs/f1-lb/baseline/seed-1/', 1],
])('a folder of runs at any height: %s', async (below, count) => {
  const found = await findRuns(join(results, below), '/nowhere');
  expect(found.map(({ name }) => name)).toEqual(ALL.slice(0, count));
  for (const { root, name, folder } of found) {
    expect([root, folder]).toEqual([join(results, 'runs'), join(results, 'runs', name)]);
  }
});

test.each([
  ['f1-lb', ALL.slice(0, 3)],
  ['f1-*', ALL],
  ['f1-?b/baseline', ALL.slice(0, 3)],
  ['*/*/seed-1', [ALL[0], ALL[3]]],
  ['f1-sb/sam.1', [ALL[3]]],
])('a name or a pattern: %s', async (pattern, expected) => {
  expect(await namesOf(pattern)).toEqual(expected);
});

test('a pattern is matched as a whole, and says what it may have meant', async () => {
  await expect(namesOf('f1')).rejects.toMatchObject({ code: 'USAGE' });
  await expect(namesOf('f1-sb/samx1')).rejects.toMatchObject({
    message: expect.stringContaining('did you mean "f1-sb/sam.1"'),
  });
  await expect(namesOf('f1-lb/baseline/seed-1/x')).rejects.toMatchObject({ code: 'USAGE' });
});

test('a folder without runs has none', async () => {
  expect(await findRuns(await resultsFolder(), results)).toEqual([]);
});
