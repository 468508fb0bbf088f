import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfigs } from '../config/load.js';
import { readRunConfig, resolveRuns } from '../config/resolve.js';
import { clearRun, makeRunFolders, openRun, type RunPaths, removeWaiting, runOfPath, runPaths } from './run-folder.js';

let output: string;
beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'smoothout-run-'));
});

const inLb = ({ folder }: RunPaths) => folder.replace('f1-sb', 'f1-lb');
const paths = (seed = 1, method = 'baseline') =>
  runPaths(output, { experiment: 'f1-sb', method: { label: method }, seed });

describe('openRun', () => {
  test('makes the folder, locks it and clears what a kill left', async () => {
    const run = paths();
    await mkdir(run.folder, { recursive: true });
    await writeFile(join(run.folder, '.last.safetensors.0123456789ab.tmp'), 'half');
    const lock = await openRun(run);
    expect(await readdir(run.folder)).toEqual(['run.lock.json']);
    await expect(openRun(run)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    await lock.release();
    expect(run.folder).toBe(join(output, 'runs', 'f1-sb', 'baseline', 'seed-1'));
  });

  test('says that the output is no folder', async () => {
    await writeFile(join(output, 'runs'), '');
    await expect(openRun(paths())).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', exitStatus: 2 });
  });
});

describe('makeRunFolders', () => {
  const specs = async () => (await loadConfigs('configs/f1-lb.yaml')).flatMap((config) => resolveRuns(config));

  test('makes a folder with a config for each run, and removeWaiting removes those that have not begun', async () => {
    const waiting = await makeRunFolders(output, await specs());
    expect(waiting.map(({ folder }) => folder)).toEqual([paths(1, 'baseline'), paths(1, 'smoothout')].map(inLb));
    for (const { config } of waiting) expect(await readRunConfig(config)).toMatchObject({ experiment: 'f1-lb' });
    expect(await makeRunFolders(output, await specs())).toEqual([]);
    await writeFile(waiting[0]!.record, '');
    await removeWaiting(waiting);
    expect(await readdir(join(output, 'runs', 'f1-lb'))).toEqual(['baseline']);
    expect((await readdir(waiting[0]!.folder)).sort()).toEqual(['config.yaml', 'run.json']);
  });

  test('leaves alone what another is beginning, and what cannot be written', async () => {
    const [first, second] = await makeRunFolders(output, await specs());
    const lock = await openRun(first!);
    await removeWaiting([first!, second!]);
    expect((await readdir(first!.folder)).sort()).toEqual(['config.yaml', 'run.lock.json']);
    await lock.release();
    await writeFile(join(output, 'file'), '');
    expect(await makeRunFolders(join(output, 'file'), await specs())).toEqual([]);
  });
});

test('clearRun removes the files of a run and nothing else', async () => {
  const run = paths();
  const lock = await openRun(run);
  for (const file of [run.record, run.best, run.last, run.metrics, run.sharpness, run.config])
    await writeFile(file, '');
  await writeFile(join(run.folder, 'notes.txt'), '');
  await clearRun(run);
  expect((await readdir(run.folder)).sort()).toEqual(['notes.txt', 'run.lock.json']);
  await lock.release();
});

test('the run of a checkpoint is read off its path', () => {
  expect(runOfPath('results/runs/f1-lb/baseline/seed-1/best.safetensors')).toEqual({
    experiment: 'f1-lb',
    method: 'baseline',
    seed: 1,
  });
  expect(runOfPath('C:\\runs\\f1-lb\\smoothout\\seed-12\\best.safetensors')).toMatchObject({ seed: 12 });
  expect(runOfPath('best.safetensors')).toBeNull();
});
