import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsFolder } from '../report/testing/fixture-runs.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

test('lists what could go and removes it with --yes alone; a resume, a report and a measurement miss nothing', async () => {
  const [data, config, results] = [await smallMnist(), await smallConfig(), await resultsFolder()];
  const run = () => smoothout`run ${config} --method baseline --data ${data} --out ${results}`;
  await run();
  const empty = join(results, 'runs', 'small', 'baseline', 'seed-9');
  await mkdir(empty);
  const last = join(results, 'runs', 'small', 'baseline', 'seed-1', 'last.safetensors');
  const { size } = await stat(last);
  const listed = await smoothout`clean ${results}`;
  expect(listed.status).toBe(0);
  expect(listed.stdout).toMatch(/^optimizer state +\d+\.\d kB +.*last\.safetensors\nempty folder +0 B +.*seed-9\n/);
  expect(listed.stderr).toMatch(/^2 things, \d+\.\d kB could be removed; --yes removes them\.\n$/);
  expect((await stat(last)).size).toBe(size);

  expect(await smoothout`clean ${results} --yes --json`).toMatchObject({
    status: 0,
    json: [
      { kind: 'optimizer state', path: last, removed: true },
      { kind: 'empty folder', removed: true },
    ],
  });
  // Adam keeps two numbers for each parameter.
  expect((await stat(last)).size).toBeLessThan(0.5 * size);
  expect(existsSync(empty)).toBe(false);
  expect((await smoothout`clean ${results}`).stderr).toBe('0 things, 0 B could be removed; --yes removes them.\n');

  expect((await run()).stderr).toContain('completed before');
  expect((await smoothout`report --runs ${results}`).status).toBe(0);
  const measured =
    await smoothout`sensitivity --ckpt ${last} --noise 0,0.1 --data ${data} --out ${results} --split test --json`;
  const metrics = (await readFile(join(last, '..', 'metrics.jsonl'), 'utf8')).trim().split('\n');
  expect(measured.json[0].accuracy).toBe(JSON.parse(metrics.at(-1)!).validationAccuracy);
});
