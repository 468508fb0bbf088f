import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsFolder, writeRun, writeRuns } from '../report/testing/fixture-runs.js';
import './testing/expectations.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

test('lists every run with its state', async () => {
  const results = await resultsFolder();
  const begun = { epochs: 10, epochsDone: 4, seconds: 400, bestAccuracy: 97.5 };
  const error = { code: 'NO_SPACE', message: 'cannot write last.safetensors: the disk is full\nmore' };
  await writeRuns(results, [
    { experiment: 'f1-lb', bestAccuracy: 98.25 },
    { experiment: 'f1-lb', seed: 2, record: { ...begun, status: 'interrupted' } },
    { experiment: 'f1-lb', seed: 10, record: { ...begun, status: 'failed', error } },
  ]);
  await mkdir(join(results, 'runs', 'f1-lb', 'smoothout', 'seed-1'), { recursive: true });
  await writeFile(join(results, 'runs', 'f1-lb', 'smoothout', 'seed-1', 'config.yaml'), '');
  const { status, stdout } = await smoothout`status ${results}`;
  expect(status).toBe(0);
  expect(stdout).toBe(`experiment  method     seed  state         epochs  done  best %    left
f1-lb       baseline      1  done         200/200  100%   98.25
f1-lb       baseline      2  interrupted     4/10   40%   97.50  10 min
f1-lb       baseline     10  failed          4/10   40%   97.50          cannot write last.safetensors: the disk is full
f1-lb       smoothout     1  waiting

4 runs, 1 done, 1 interrupted, 1 failed, 1 waiting
`);
  const { json } = await smoothout`status ${join(results, 'runs', 'f1-lb', 'baseline')} --json`;
  expect(json.map(({ seed, state }) => [seed, state])).toEqual([
    [1, 'done'],
    [2, 'interrupted'],
    [10, 'failed'],
  ]);
});

test('an empty folder has 0 runs; one that is not there is refused', async () => {
  expect((await smoothout`status ${await resultsFolder()}`).stdout).toBe('0 runs\n');
  expect(await smoothout`status /no/such`).toBeRefused({ status: 2, saying: 'no such folder' });
});

test('shows runs as they are trained, wait, and are killed', async () => {
  const data = await smallMnist();
  const config = await smallConfig({ epochs: 1000 });
  const results = await resultsFolder();
  const training = smoothout`run ${config} --data ${data} --out ${results}`;
  await training.says(/epoch 2/);
  const [running, waiting] = (await smoothout`status ${results} --json`).json;
  expect(running).toMatchObject({ state: 'running', epochs: 1000, process: { pid: training.pid } });
  expect(running.secondsLeft).toBeGreaterThan(0);
  expect(waiting).toMatchObject({ method: 'smoothout', state: 'waiting' });
  training.kill('SIGKILL');
  await training;
  const [killed] = (await smoothout`status ${results} --json`).json;
  expect(killed).toMatchObject({ state: 'interrupted', reason: `process ${training.pid} died`, process: null });
});

test('--watch prints what has changed', async () => {
  const results = await resultsFolder();
  const [first, second] = [
    { experiment: 'a' },
    { experiment: 'b', record: { status: 'interrupted', epochsDone: 3 } } as const,
  ];
  await writeRuns(results, [first, second]);
  const watching = smoothout`status ${results} --watch --json`;
  await watching.says(/"b"/);
  await writeRun(results, { ...second, record: { ...second.record, epochsDone: 4 } });
  await watching.says(/"epochsDone":4/);
  watching.kill('SIGTERM');
  const { json } = await watching;
  expect(json.map(({ experiment, epochsDone }) => [experiment, epochsDone])).toEqual([
    ['a', 200],
    ['b', 3],
    ['b', 4],
  ]);
});
