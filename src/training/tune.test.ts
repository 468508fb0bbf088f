import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { chooseTrials, type Measured, parseAxis, planTuning, product, type TuneOptions, tuneResult } from './tune.js';

const CONFIG = `
experiment: trial
model: f1
dataset: mnist
epochs: 3
seeds: [1, 2]
methods:
  - { name: baseline }
  - { name: smoothout, noise: { a: tuned } }
  - { name: adasmoothout, label: ada, noise: { a: 0.3 } }
`;

let file: string;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'smoothout-tune-')), 'trial.yaml');
  await writeFile(file, CONFIG);
});

async function plan(grid: string[], options: Partial<TuneOptions> = {}) {
  return planTuning(file, { axes: grid.map(parseAxis), holdout: 5000, set: [], ...options });
}

describe('parseAxis', () => {
  test.each([
    ['noise.a=0.005,1e-2, 0.02', { key: 'noise.a', values: [0.005, 0.01, 0.02] }],
    ['optimizer.name=adam,sgd', { key: 'optimizer.name', values: ['adam', 'sgd'] }],
    ['augment=true', { key: 'augment', values: [true] }],
  ])('%s', (text, axis) => {
    expect(parseAxis(text)).toEqual(axis);
  });

  test.each(['noise.a', 'noise.a=', '=0.1', 'noise.a=0.1,,0.2', 'noise.a=[1],2', 'noise.a=0.1,0.10'])(
    'not %s',
    (text) => {
      expect(() => parseAxis(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});

test('several keys are tried in every combination', () => {
  expect(product([parseAxis('a=1,2'), parseAxis('b=3,4')])).toEqual([
    { a: 1, b: 3 },
    { a: 1, b: 4 },
    { a: 2, b: 3 },
    { a: 2, b: 4 },
  ]);
});

describe('planTuning', () => {
  test('makes a run of every value, method and seed, named after them, on held-out images', async () => {
    const [tuning] = await plan(['noise.a=0.01,0.02']);
    expect(tuning).toMatchObject({ experiment: 'trial', epochs: 3 });
    const names = tuning!.trials.map(({ method, settings, runs }) => [
      method,
      settings['noise.a'],
      runs.map((run) => `${run.experiment}/${run.method.label}/${run.seed}/${run.validation}`).join(' '),
    ]);
    expect(names).toEqual([
      ['smoothout', 0.01, 'trial-tune/smoothout-a0.01/1/holdout:5000 trial-tune/smoothout-a0.01/2/holdout:5000'],
      ['ada', 0.01, 'trial-tune/ada-a0.01/1/holdout:5000 trial-tune/ada-a0.01/2/holdout:5000'],
      ['smoothout', 0.02, 'trial-tune/smoothout-a0.02/1/holdout:5000 trial-tune/smoothout-a0.02/2/holdout:5000'],
      ['ada', 0.02, 'trial-tune/ada-a0.02/1/holdout:5000 trial-tune/ada-a0.02/2/holdout:5000'],
    ]);
    expect(tuning!.trials[2]!.runs[0]!.method).toMatchObject({ name: 'smoothout', noise: { a: 0.02 } });
  });

  test('never chooses by the test set, whatever else is set', async () => {
    const [tuning] = await plan(['noise.a=0.01,0.02'], { set: ['validation=test'], holdout: 123 });
    const validations = tuning!.trials.flatMap(({ runs }) => runs.map(({ validation }) => validation));
    expect(new Set(validations)).toEqual(new Set(['holdout:123']));
  });

  test('leaves out what the grid does not reach, and takes every method where it reaches all', async () => {
    const methods = async (...grid: string[]) =>
      new Set((await plan(grid, { set: ['noise.a=0.1'] }))[0]!.trials.map(({ method }) => method));
    expect(await methods('noise.a=0.01,0.02')).toEqual(new Set(['smoothout', 'ada']));
    expect(await methods('optimizer.learningRate=0.01,0.02')).toEqual(new Set(['baseline', 'smoothout', 'ada']));
    expect(await methods('methods.ada.noise.a=0.01,0.02')).toEqual(new Set(['ada']));
  });

  test('takes the seeds and methods asked for', async () => {
    const [tuning] = await plan(['noise.a=0.01,0.02'], { methods: ['ada'], seeds: [7] });
    expect(tuning!.trials.map(({ method, runs }) => [method, runs.map(({ seed }) => seed)])).toEqual([
      ['ada', [7]],
      ['ada', [7]],
    ]);
  });

  test.each([
    [['noise.a=0.01,0.02'], { methods: ['baseline'] }, 'USAGE', /noise\.a changes none of the methods/],
    [['noise.b=0.01,0.02'], { set: ['noise.a=0.1'] }, 'CONFIG_INVALID', /unknown key/],
    [['noise.a=0.01'], {}, 'USAGE', /a single value leaves nothing to choose/],
    [['noise.a=0.01,0.02'], { holdout: 60_000 }, 'CONFIG_INVALID', /fewer than the 60000 training images/],
    [['noise.a=0.01,0.02'], { methods: ['smothout'] }, 'USAGE', /did you mean "?smoothout/],
  ])('%j %j is refused', async (grid, options, code, message) => {
    await expect(plan(grid, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('the choice', () => {
  async function measured(accuracies: Record<string, (number[] | null)[]>): Promise<Measured[]> {
    const [tuning] = await plan(['noise.a=0.01,0.02,0.03']);
    const left = structuredClone(accuracies);
    return tuning!.trials.map((trial) => ({ trial, accuracies: left[trial.method]!.shift()! }));
  }
  const chosen = async (accuracies: Record<string, (number[] | null)[]>) =>
    chooseTrials(await measured(accuracies)).map(({ trial }) => [trial.method, trial.settings['noise.a']]);

  test('is the best mean of each method', async () => {
    const accuracies = {
      smoothout: [
        [90, 90],
        [89, 92],
        [91, 80],
      ],
      ada: [
        [70, 70],
        [60, 60],
        [50, 50],
      ],
    };
    expect(await chosen(accuracies)).toEqual([
      ['smoothout', 0.02],
      ['ada', 0.01],
    ]);
  });

  test('is the weaker noise where two are as good, and nothing that diverged', async () => {
    const accuracies = {
      smoothout: [
        [80, 80],
        [85, 95],
        [95, 85],
      ],
      ada: [null, null, [10, 10]],
    };
    expect(await chosen(accuracies)).toEqual([
      ['smoothout', 0.02],
      ['ada', 0.03],
    ]);
  });

  test('is none where every trial diverged', async () => {
    expect(await chosen({ smoothout: [null, null, null], ada: [[1, 1], null, null] })).toEqual([['ada', 0.01]]);
  });

  test('is written with everything it was chosen from', async () => {
    const [tuning] = await plan(['noise.a=0.01,0.02,0.03']);
    const all = await measured({
      smoothout: [[90, 91], null, [80, 80]],
      ada: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    });
    expect(tuneResult(tuning!, all)).toMatchObject({
      experiment: 'trial',
      validation: 'holdout:5000',
      epochs: 3,
      seeds: [1, 2],
      strengths: { smoothout: 0.01, ada: 0.03 },
      trials: [
        { method: 'smoothout', settings: { 'noise.a': 0.01 }, accuracy: 90.5 },
        { method: 'ada', settings: { 'noise.a': 0.01 }, accuracy: 1.5 },
        { method: 'smoothout', settings: { 'noise.a': 0.02 }, accuracy: null },
        { method: 'ada', settings: { 'noise.a': 0.02 }, accuracy: 3.5 },
        { method: 'smoothout', settings: { 'noise.a': 0.03 }, accuracy: 80 },
        { method: 'ada', settings: { 'noise.a': 0.03 }, accuracy: 5.5 },
      ],
    });
  });
});
