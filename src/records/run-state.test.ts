import { spawn } from 'node:child_process';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsFolder, writeRun } from '../report/testing/fixture-runs.js';
import { acquireLock } from '../support/lock.js';
import { encodeSafetensors } from '../support/safetensors.js';
import { readRunState, SILENT_SECONDS } from './run-state.js';

const begun = { status: 'running', finishedAt: null, epochs: 10, epochsDone: 4, seconds: 400 } as const;

/** The state of a run with this record, and what `then` does to its folder. */
async function stateOf(record: object, then: (folder: string) => unknown = () => {}) {
  const folder = await writeRun(await resultsFolder(), { experiment: 'f1-lb', seed: 3, record });
  await then(folder);
  return readRunState({ root: '', name: 'f1-lb/baseline/seed-3', folder });
}

const elsewhere = (folder: string) =>
  writeFile(join(folder, 'run.lock.json'), JSON.stringify({ pid: 7, host: 'node-b', bootId: 'b', token: 'x' }));

async function makeOld(folder: string, names: readonly string[]): Promise<void> {
  const then = Date.now() / 1000 - SILENT_SECONDS - 60;
  for (const name of names) await utimes(join(folder, name), then, then);
}

test('a finished run is done, a failed or diverged one says why', async () => {
  expect(await stateOf({})).toMatchObject({ state: 'done', reason: null, progress: 1, secondsLeft: null, seed: 3 });
  const error = { code: 'DIVERGED', message: 'the loss became NaN' };
  expect(await stateOf({ ...begun, status: 'diverged', error })).toMatchObject({
    state: 'diverged',
    reason: 'the loss became NaN',
    progress: 0.4,
    secondsLeft: null,
  });
  const full = { code: 'NO_SPACE', message: 'the disk is full' };
  expect(await stateOf({ ...begun, status: 'failed', error: full })).toMatchObject({
    state: 'failed',
    reason: 'the disk is full',
  });
});

test('an interrupted run has what is left of it, at its speed so far', async () => {
  const state = await stateOf({ ...begun, status: 'interrupted' });
  expect(state).toMatchObject({ state: 'interrupted', reason: null, epochsDone: 4, epochs: 10, secondsLeft: 600 });
});

test('the part of an epoch that a checkpoint has is progress too', async () => {
  const progress = { epoch: 0, steps: 1, images: 15000, lossSum: 1, correct: 1, seconds: 30 };
  const last = encodeSafetensors({}, { place: JSON.stringify({ updates: 1, progress }) });
  const state = await stateOf({ ...begun, status: 'interrupted', epochsDone: 0, seconds: 0 }, (folder) =>
    writeFile(join(folder, 'last.safetensors'), last),
  );
  // A quarter of the 60,000 images took 30 s.
  expect(state).toMatchObject({ progress: 0.025, secondsLeft: 9.75 * 120 });
});

test('a run is waiting with its config alone; a folder with nothing of a run is none', async () => {
  const results = await resultsFolder();
  const folder = join(results, 'runs', 'a', 'b', 'seed-1');
  await mkdir(folder, { recursive: true });
  const run = { root: join(results, 'runs'), name: 'a/b/seed-1', folder };
  expect(await readRunState(run)).toBeNull();
  await writeFile(join(folder, 'config.yaml'), '');
  expect(await readRunState(run)).toMatchObject({
    state: 'waiting',
    experiment: 'a',
    method: 'b',
    seed: 1,
    epochs: null,
  });
});

test('a run whose process lives here is running, and stalled once it is silent', async () => {
  let silent: (() => Promise<void>) | undefined;
  const state = await stateOf(begun, async (folder) => {
    await acquireLock(join(folder, 'run.lock.json'));
    silent = () => makeOld(folder, ['run.lock.json', 'run.json', 'metrics.jsonl']);
  });
  expect(state).toMatchObject({ state: 'running', process: { pid: process.pid } });
  expect(state?.secondsLeft).toBeGreaterThan(590);
  await silent?.();
  expect(await readRunState({ root: '', name: 'f1-lb/baseline/seed-3', folder: state!.folder })).toMatchObject({
    state: 'stalled',
    reason: expect.stringMatching(`^process ${process.pid} on .* silent for 6 min$`),
  });
});

test('a run whose process died here is interrupted at once', async () => {
  const lock = new URL('../../dist/support/lock.js', import.meta.url).href;
  const state = await stateOf(begun, async (folder) => {
    const path = JSON.stringify(join(folder, 'run.lock.json'));
    const code = `await (await import('${lock}')).acquireLock(${path}); process.kill(process.pid, 'SIGKILL')`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    await new Promise((resolve) => child.once('exit', resolve));
  });
  expect(state).toMatchObject({ state: 'interrupted', reason: expect.stringMatching(/^process \d+ died$/) });
  expect(await stateOf(begun)).toMatchObject({ state: 'interrupted', reason: 'its process is gone' });
});

test('a process on another machine is believed for a while', async () => {
  const running = await stateOf(begun, elsewhere);
  expect(running).toMatchObject({ state: 'running', process: { pid: 7, host: 'node-b' } });
  const silent = await stateOf(begun, async (folder) => {
    await elsewhere(folder);
    await makeOld(folder, ['run.lock.json', 'run.json', 'metrics.jsonl']);
  });
  expect(silent).toMatchObject({ state: 'stalled', reason: 'process 7 on node-b silent for 6 min' });
});

test('damaged files are reasons', async () => {
  const record = (folder: string) => writeFile(join(folder, 'run.json'), '{');
  expect(await stateOf({}, record)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('not valid JSON'),
  });
  const lock = (folder: string) => writeFile(join(folder, 'run.lock.json'), '{');
  expect(await stateOf(begun, lock)).toMatchObject({
    state: 'stalled',
    reason: expect.stringContaining('not readable as a lock'),
    process: null,
  });
});
