import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetTitle } from '../data/catalogue.js';
import { modelTitle } from './paper.js';
import { loadRuns } from './runs.js';
import { resultsFolder, writeRun, writeRuns } from './testing/fixture-runs.js';

const load = (results: string) => loadRuns(join(results, 'runs'));

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

test('a run is read with its settings, metrics and sharpness', async () => {
  const results = await resultsFolder();
  await writeRun(results, { experiment: 'f1-lb', method: 'smoothout', seed: 7, sharpness: { keskar: 3.5 } });
  const { runs, problems } = await load(results);
  expect(problems).toEqual([]);
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    folder: 'f1-lb/smoothout/seed-7',
    settings: {
      model: 'f1',
      batchSize: 6000,
      method: { name: 'smoothout', noise: { a: 0.01 } },
    },
    sharpness: { measurements: [{ convention: 'keskar', value: 3.5 }] },
  });
  expect(runs[0]!.metrics.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
});

test('a run whose modules are gone or have changed is read from its records, which is told', async () => {
  const results = await resultsFolder();
  const [model, dataset, file] = ['gone.ts', 'changed.mjs', 'method.mjs'].map((name) => join(results, name));
  const shape = '{ channels: 1, height: 1, width: 1 }';
  await writeFile(dataset!, `export default { title: 'Mine', classes: 2, shape: ${shape}, load() {} }; // changed`);
  const methods = [{ name: 'own', file, label: 'mine' }];
  const modules = { [model!]: 'a', [dataset!]: 'b', [file!]: 'c' };
  await writeRun(results, { experiment: 'own', method: 'mine', config: { model, dataset, methods, modules } });
  const { runs, problems } = await load(results);
  expect(runs).toMatchObject([{ folder: 'own/mine/seed-1', settings: { model, dataset, modules } }]);
  expect([modelTitle(runs[0]!.settings.model), datasetTitle(runs[0]!.settings.dataset)]).toEqual(['gone.ts', 'Mine']);
  expect(problems.map(({ what }) => what.replaceAll(join(results, '/'), ''))).toEqual([
    expect.stringMatching(/model: gone\.ts: there is no such file; the run is shown from its records/),
    expect.stringMatching(/dataset: changed\.mjs: has changed since this run began/),
    expect.stringMatching(/methods\.0\.file: method\.mjs: there is no such file/),
  ]);
});

test('runs come in the order of their seeds as numbers', async () => {
  const results = await resultsFolder();
  await writeRuns(
    results,
    [10, 9, 1].map((seed) => ({ experiment: 'f1-lb', seed })),
  );
  expect((await load(results)).runs.map(({ record }) => record.seed)).toEqual([1, 9, 10]);
});

test('no folder, an empty one, and one with other things in it hold no runs', async () => {
  const results = await resultsFolder();
  expect(await load(results)).toEqual({ runs: [], problems: [] });
  await mkdir(join(results, 'runs/an-experiment/a-method'), { recursive: true });
  await writeFile(join(results, 'runs/notes.txt'), 'x');
  await mkdir(join(results, 'runs/.git/objects/pack'), { recursive: true });
  expect(await load(results)).toEqual({ runs: [], problems: [] });
});

test('a run that has its folder and has not begun is no damaged one', async () => {
  const results = await resultsFolder();
  const folder = await writeRun(results, { experiment: 'f1-lb' });
  for (const name of ['run.json', 'metrics.jsonl']) await rm(join(folder, name));
  const what = 'waiting, it has not begun; in no mean';
  expect(await load(results)).toEqual({ runs: [], problems: [{ where: 'f1-lb/baseline/seed-1', what }] });
});

describe('a run that cannot be used is left out and named, and its neighbour is read', () => {
  const cases: [string, (folder: string) => Promise<void>, RegExp][] = [
    ['no run.json', (f) => rm(join(f, 'run.json')), /^run\.json: there is no such file; the run is left out$/],
    ['no config.yaml', (f) => rm(join(f, 'config.yaml')), /^config\.yaml: there is no such file/],
    ['an empty run.json', (f) => writeFile(join(f, 'run.json'), ''), /^run\.json: not valid JSON/],
    ['garbage', (f) => writeFile(join(f, 'run.json'), '\u0000\u0001{'), /^run\.json: not valid JSON/],
    ['JSON of another kind', (f) => writeFile(join(f, 'run.json'), '[1, 2]'), /^run\.json: no version in it, where/],
    [
      'another version',
      (f) => edit(join(f, 'run.json'), (t) => t.replace('"version": 1', '"version": 99')),
      /^run\.json: version 99, where this program reads version 1/,
    ],
    [
      'an accuracy beyond 100 %',
      (f) => edit(join(f, 'run.json'), (t) => t.replace('"bestAccuracy": 98', '"bestAccuracy": 980')),
      /^run\.json: bestAccuracy: /,
    ],
    [
      'completed without an accuracy',
      (f) => edit(join(f, 'run.json'), (t) => t.replace('"bestAccuracy": 98', '"bestAccuracy": null')),
      /completed, but without bestAccuracy/,
    ],
    [
      'completed before its end',
      (f) => edit(join(f, 'run.json'), (t) => t.replace('"epochsDone": 200', '"epochsDone": 3')),
      /completed, but with 3 of 200 epochs done/,
    ],
    [
      'a config with a key of another version',
      (f) => edit(join(f, 'config.yaml'), (t) => `${t}\nfuture: 1\n`),
      /^config\.yaml:\d+: unknown key "future"/,
    ],
    ['a config that is not YAML', (f) => writeFile(join(f, 'config.yaml'), '{'), /^config\.yaml:1: /],
    [
      'a run of another experiment than its config',
      (f) => edit(join(f, 'run.json'), (t) => t.replace('"f1-lb"', '"../../elsewhere"')),
      /^run\.json: of the experiment "\.\.\/\.\.\/elsewhere", but config\.yaml of "f1-lb"/,
    ],
    [
      'a run of another method than its config',
      (f) => edit(join(f, 'config.yaml'), (t) => t.replace('name: baseline', 'name: smoothout')),
      /^run\.json: of the method "baseline", but config\.yaml of "smoothout"/,
    ],
  ];
  test.each(cases)('%s', async (_, spoil, reason) => {
    const results = await resultsFolder();
    await spoil(await writeRun(results, { experiment: 'f1-lb', seed: 1 }));
    await writeRun(results, { experiment: 'f1-lb', seed: 2 });
    const { runs, problems } = await load(results);
    expect(runs.map(({ folder }) => folder)).toEqual(['f1-lb/baseline/seed-2']);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.where).toBe('f1-lb/baseline/seed-1');
    expect(problems[0]!.what).toMatch(reason);
  });
});

describe('a run keeps what its other files say', () => {
  const cases: [string, string, (text: string) => string, RegExp][] = [
    [
      'a damaged line of metrics',
      'metrics.jsonl',
      (t) => t.replace('"step":20', '"step":"x"'),
      /^2: step: .*; the run is shown without it$/,
    ],
    [
      'a hole in the epochs',
      'metrics.jsonl',
      (t) => t.split('\n').toSpliced(1, 1).join('\n'),
      /^2: epoch 3, where epoch 2 belongs; the run is shown without it$/,
    ],
    ['garbage for metrics', 'metrics.jsonl', () => 'x\n', /^1: /],
    ['garbage for sharpness', 'sharpness.json', () => '{', /JSON/],
    ['sharpness of another version', 'sharpness.json', (t) => t.replace('"version": 1', '"version": 2'), /version 2/],
    [
      'sharpness of another checkpoint',
      'sharpness.json',
      (t) => t.replace('best.', 'last.'),
      /measured at last\.safetensors, not at best/,
    ],
    [
      'sharpness of an earlier best epoch',
      'sharpness.json',
      (t) => t.replace('"epoch": 2', '"epoch": 1'),
      /measured at epoch 1, but the best epoch is 2/,
    ],
  ];
  test.each(cases)('%s', async (_, file, spoil, reason) => {
    const results = await resultsFolder();
    const folder = await writeRun(results, { experiment: 'f1-lb', sharpness: { defined: 5 } });
    await edit(join(folder, file), spoil);
    const { runs, problems } = await load(results);
    expect(runs).toHaveLength(1);
    expect(file === 'metrics.jsonl' ? runs[0]!.metrics : runs[0]!.sharpness).toEqual(
      file === 'metrics.jsonl' ? [] : null,
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]!.where).toBe(`f1-lb/baseline/seed-1/${file}`);
    expect(problems[0]!.what).toMatch(reason);
  });
});

describe('links', () => {
  test('to folders of runs are followed, at every level', async () => {
    const [elsewhere, results] = [await resultsFolder(), await resultsFolder()];
    await writeRuns(
      elsewhere,
      ['a', 'b', 'c'].map((experiment) => ({ experiment })),
    );
    const from = (...path: string[]) => join(elsewhere, 'runs', ...path);
    const to = (...path: string[]) => join(results, 'runs', ...path);
    await mkdir(to('b'), { recursive: true });
    await mkdir(to('c', 'baseline'), { recursive: true });
    await symlink(from('a'), to('a'));
    await symlink(from('b', 'baseline'), to('b', 'baseline'));
    await symlink(from('c', 'baseline', 'seed-1'), to('c', 'baseline', 'seed-1'));
    const { runs, problems } = await load(results);
    expect(problems).toEqual([]);
    expect(runs.map(({ folder }) => folder)).toEqual(['a/baseline/seed-1', 'b/baseline/seed-1', 'c/baseline/seed-1']);
  });

  test('that lead nowhere are named', async () => {
    const results = await resultsFolder();
    await writeRun(results, { experiment: 'f1-lb' });
    await symlink('/nowhere', join(results, 'runs', 'gone'));
    await symlink('/nowhere', join(results, 'runs', 'f1-lb', 'smoothout'));
    const { runs, problems } = await load(results);
    expect(runs).toHaveLength(1);
    expect(problems).toEqual(
      ['gone', 'f1-lb/smoothout'].map((where) => ({ where, what: 'the link leads nowhere; it is left out' })),
    );
  });
});

describe('copied and renamed folders', () => {
  test('of two that claim to be one run, the folder with the right name is believed', async () => {
    const results = await resultsFolder();
    const folder = await writeRun(results, { experiment: 'f1-lb', seed: 1 });
    await cp(folder, folder.replace('seed-1', 'seed-2'), { recursive: true });
    const { runs, problems } = await load(results);
    expect(runs.map((run) => run.folder)).toEqual(['f1-lb/baseline/seed-1']);
    expect(problems).toEqual([
      {
        where: 'f1-lb/baseline/seed-2',
        what: 'its run.json says it is f1-lb/baseline/seed-1, as does that of f1-lb/baseline/seed-1; the run is left out',
      },
    ]);
  });

  test('with none of the right name, neither is believed', async () => {
    const results = await resultsFolder();
    const folder = await writeRun(results, { experiment: 'f1-lb', seed: 1 });
    await cp(folder, folder.replace('f1-lb', 'one'), { recursive: true });
    await cp(folder, folder.replace('f1-lb', 'two'), { recursive: true });
    await rm(join(results, 'runs/f1-lb'), { recursive: true });
    const { runs, problems } = await load(results);
    expect(runs).toEqual([]);
    expect(problems.map(({ where }) => where)).toEqual(['one/baseline/seed-1', 'two/baseline/seed-1']);
  });

  test('a renamed folder without a rival is what its run.json says', async () => {
    const results = await resultsFolder();
    const folder = await writeRun(results, { experiment: 'f1-lb', seed: 1 });
    await cp(folder, folder.replace('f1-lb', 'f1-lb-on-the-server'), { recursive: true });
    await rm(folder, { recursive: true });
    const { runs, problems } = await load(results);
    expect(runs[0]!.record.experiment).toBe('f1-lb');
    expect(problems).toEqual([]);
  });
});
