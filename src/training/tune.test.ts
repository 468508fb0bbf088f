import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Axis,
  choiceOf,
  chooseTrials,
  parseAxis,
  planTuning,
  product,
  type TrialResult,
  type TuneOptions,
  widened,
} from './tune.js';

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
  test.each(['experiment=a,b', 'methods.ada.label=a,b', 'methods.ada.name=adasmoothout,smoothout'])(
    'refuses a grid of names: %s',
    async (grid) => {
      await expect(plan([grid])).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(/^--grid: .* names other experiments or methods$/),
      });
    },
  );

  test('says of a value that is wrong in which option it is', async () => {
    await expect(plan(['noise.a=NaN,0.01'])).rejects.toThrow(
      /^--grid noise\.a=NaN: methods\.1\.noise\.a: expected a number/,
    );
  });

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

  test('a setting that a method has of its own is reached by the method’s label, and the refusal says so', async () => {
    const set = ['methods.ada.optimizer.learningRate=0.1'];
    const refused = plan(['optimizer.learningRate=0.01,0.02'], { methods: ['ada'], set });
    const hint = expect.stringContaining('--grid methods.LABEL.optimizer.learningRate=');
    await expect(refused).rejects.toMatchObject({ code: 'USAGE', hint });
    const [tuning] = await plan(['methods.ada.optimizer.learningRate=0.01,0.02'], { methods: ['ada'], set });
    expect(tuning!.trials.map(({ runs }) => runs[0]!.optimizer.learningRate)).toEqual([0.01, 0.02]);
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
  async function measured(accuracies: Record<string, (number[] | null)[]>): Promise<TrialResult[]> {
    const [tuning] = await plan(['noise.a=0.01,0.02,0.03']);
    const left = structuredClone(accuracies);
    return tuning!.trials.map((trial) => ({ trial, accuracies: left[trial.method]!.shift()! }));
  }
  const chosen = async (accuracies: Record<string, (number[] | null)[]>) =>
    chooseTrials(await measured(accuracies)).map(({ best, chosen }) =>
      [best, chosen].map(({ trial }) => trial.settings['noise.a']),
    );

  test('is the best mean of each method', async () => {
    const accuracies = {
      smoothout: [
        [90, 90],
        [92, 92.5],
        [91, 80],
      ],
      ada: [
        [70, 70],
        [60, 60],
        [50, 50],
      ],
    };
    expect(await chosen(accuracies)).toEqual([
      [0.02, 0.02],
      [0.01, 0.01],
    ]);
  });

  test('is the weakest noise within one standard error of it, seed by seed', async () => {
    // 0.02 is better than 0.01 by 2 and −1: 0.5 on average, with a standard error of 1.5.
    expect(
      await chosen({
        smoothout: [
          [90, 90],
          [92, 89],
          [80, 80],
        ],
        ada: [
          [1, 2],
          [3, 4],
          [3, 4],
        ],
      }),
    ).toEqual([
      [0.02, 0.01],
      [0.02, 0.02],
    ]);
    // A single seed says nothing of its error.
    expect(await chosen({ smoothout: [[90], [90.1], [80]], ada: [null, null, [10]] })).toEqual([
      [0.02, 0.02],
      [0.03, 0.03],
    ]);
  });

  test('is none where every trial diverged', async () => {
    expect(await chosen({ smoothout: [null, null, null], ada: [[1, 1], null, null] })).toEqual([[0.01, 0.01]]);
  });

  test('is written with everything it was chosen from', async () => {
    const [smoothout] = chooseTrials(
      await measured({ smoothout: [[90, 91], null, [80, 80]], ada: [null, null, null] }),
    );
    expect(choiceOf(smoothout!)).toEqual({
      ...{
        method: 'smoothout',
        synthetic: false,
        strength: 0.01,
        validation: 'holdout:5000',
        epochs: 3,
        seeds: [1, 2],
      },
      ...{ chosen: { 'noise.a': 0.01 }, best: { 'noise.a': 0.01 }, edge: 'lower' },
      trials: [
        { settings: { 'noise.a': 0.01 }, accuracies: [90, 91], mean: 90.5, ci95: 6.3531 },
        { settings: { 'noise.a': 0.02 }, accuracies: null, mean: null, ci95: null },
        { settings: { 'noise.a': 0.03 }, accuracies: [80, 80], mean: 80, ci95: 0 },
      ],
    });
  });

  test('of something else than a strength is written without one', async () => {
    const [tuning] = await plan(['optimizer.learningRate=0.01,0.02'], { set: ['noise.a=0.1'], methods: ['smoothout'] });
    const [choice] = chooseTrials(tuning!.trials.map((trial, i) => ({ trial, accuracies: [i, i] })));
    expect(choiceOf(choice!)).toMatchObject({ chosen: { 'optimizer.learningRate': 0.02 }, edge: 'none' });
    expect(choiceOf(choice!)).not.toHaveProperty('strength');
  });
});

describe('a grid grows by a factor of two', () => {
  const FIRST = [parseAxis('noise.a=0.01,0.02')];
  async function next(axes: Axis[], accuracies: readonly number[]) {
    const [tuning] = await planTuning(file, { axes, holdout: 5000, set: [], methods: ['smoothout'] });
    const measured = tuning!.trials.map((trial, i) => ({ trial, accuracies: [accuracies[i]!] }));
    return widened(FIRST, axes, chooseTrials(measured))?.[0]?.values;
  }

  test('where the best mean is at its edge, and not where it is inside', async () => {
    expect(await next(FIRST, [1, 2])).toEqual([0.01, 0.02, 0.04]);
    expect(await next(FIRST, [2, 1])).toEqual([0.01, 0.02, 0.005]);
    expect(await next([parseAxis('noise.a=0.01,0.02,0.04')], [1, 3, 2])).toBeUndefined();
  });

  test('six times on a side at most', async () => {
    expect(await next([parseAxis('noise.a=0.01,0.02,0.64')], [1, 2, 3])).toEqual([0.01, 0.02, 0.64, 1.28]);
    expect(await next([parseAxis('noise.a=0.01,0.02,1.28')], [1, 2, 3])).toBeUndefined();
  });

  test('where it is a grid of one strength', async () => {
    const two = [...FIRST, parseAxis('optimizer.learningRate=0.1,0.2')];
    expect(widened(two, two, [])).toBeNull();
    const rates = [parseAxis('optimizer.learningRate=0.1,0.2')];
    expect(widened(rates, rates, [])).toBeNull();
  });
});
