import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultsFolder, writeRuns } from '../report/testing/fixture-runs.js';
import './testing/expectations.js';
import { smoothout } from './testing/smoothout.js';

const methods = [{ name: 'smoothout', noise: { a: 0.02 } }];
/** Accuracies by seed; those of the two methods differ by 0.1, 0.2 and 0.3 at the seeds that both have. */
const runs = [
  ...[98.1, 98.5, 97.9, 98.3].map((bestAccuracy, i) => ({ experiment: 'f1-lb', seed: i + 1, bestAccuracy })),
  ...[98.2, 98.7, 98.2].map((bestAccuracy, i) => ({
    experiment: 'f1-lb',
    method: 'smoothout',
    seed: i + 1,
    bestAccuracy,
    config: { methods },
  })),
  {
    ...{ experiment: 'f1-lb', method: 'smoothout', seed: 9, config: { methods } },
    record: { status: 'interrupted', epochsDone: 7 } as const,
  },
];

test('results side by side, paired over the seeds that both have, the settings that differ, and the curves', async () => {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  const svg = join(results, 'new', 'compare.svg');
  const { status, stdout } = await smoothout`compare ${join(results, 'runs', 'f1-lb')} --svg ${svg}`;
  expect(status).toBe(0);
  expect(
    stdout,
  ).toBe(`   runs             n        best %     against 1        last %     against 1  sharpness       time
1  f1-lb/baseline   4  98.20 ± 0.41                98.10 ± 0.41                        –  1 h 0 min
2  f1-lb/smoothout  3  98.37 ± 0.72  +0.20 ± 0.25  98.27 ± 0.72  +0.20 ± 0.25          –  1 h 0 min  seed by seed over 3; seed 9 interrupted

setting                    1           2
method.name                "baseline"  "smoothout"
method.noise.a             unset       0.02
method.noise.per           unset       "step"
method.noise.schedule      unset       "constant"
method.noise.parameters    unset       "all"
method.noise.distribution  unset       "uniform"
`);
  const figure = await readFile(svg, 'utf8');
  expect(figure).toContain('f1-lb/baseline');
  expect(figure).toContain('f1-lb/smoothout');
});

test('of what one name stands for the baseline is the reference; an average counts, and is said', async () => {
  const results = await resultsFolder();
  const record = (seed: number) => ({
    averageBestEpoch: 4,
    averageBestAccuracy: 97.5 + seed,
    averageFinalAccuracy: 98,
  });
  const ema = { epochs: 20, methods: [{ name: 'baseline', label: 'ema', average: { kind: 'ema', decay: 0.99 } }] };
  for (const seed of [1, 2]) {
    const common = { experiment: 'f1-lb', seed, bestAccuracy: 97 + seed, config: { epochs: 20 } };
    await writeRuns(results, [
      { ...common, method: 'arwp' },
      common,
      { ...common, method: 'ema', config: ema, record: record(seed) },
    ]);
  }
  const [folder, svg] = [join(results, 'runs', 'f1-lb'), join(results, 'compare.svg')];
  const { lines } = await smoothout`compare ${folder} --svg ${svg}`;
  expect(lines.slice(1, 4)).toEqual([
    expect.stringMatching(/^1 {2}f1-lb\/baseline +2 +98\.50 ± 6\.35 +98\.40 ± 6\.35 +– /),
    expect.stringMatching(/^2 {2}f1-lb\/arwp +2 +98\.50 .* \+0\.00 ± 0\.00 .* seed by seed over 2$/),
    expect.stringMatching(
      /^3 {2}f1-lb\/ema +2 +99\.00 ± 6\.35 +\+0\.50 ± 0\.00 +98\.00 ± 0\.00 +−0\.40 .* of the average; seed by seed over 2$/,
    ),
  ]);
  const { json } = await smoothout`compare ${folder}/arwp ${folder}/ema ${folder}/baseline --json --svg ${svg}`;
  expect(json).toMatchObject([
    { method: 'arwp', ofAverage: false, bestDifference: null },
    { method: 'ema', ofAverage: true, best: { mean: 99 } },
    { method: 'baseline', ofAverage: false },
  ]);
  const report = await smoothout`report --runs ${results}`;
  expect(report.stdout).toMatch(/^F1 .* ema +2 +99\.00 ± 6\.35 .* \+0\.50 ± 0\.00 .* of the average/m);
});

test('the runs of two folders of results are told apart by the folder', async () => {
  const [first, second] = [await resultsFolder(), await resultsFolder()];
  await writeRuns(first, runs.slice(0, 2));
  await writeRuns(second, runs.slice(2, 4));
  const { json } = await smoothout`compare ${first} ${second} --json --svg ${join(first, 'compare.svg')}`;
  expect(json).toMatchObject([
    { name: join(first, 'runs', 'f1-lb', 'baseline'), seeds: [1, 2], bestDifference: null, settings: {} },
    { name: join(second, 'runs', 'f1-lb', 'baseline'), seeds: [3, 4], bestDifference: { paired: false, n: 2 } },
  ]);
  expect(json[1].bestDifference.mean).toBeCloseTo(-0.2, 10);
});

test('names that no run has, and runs of which none is completed, are refused', async () => {
  const results = await resultsFolder();
  await writeRuns(results, runs.slice(-1));
  expect(await smoothout`compare ${results}`).toBeRefused({ status: 2, saying: 'no run of' });
  expect(await smoothout`compare no-such-run`).toBeRefused({ status: 2, saying: 'no-such-run: no such folder' });
});

test('runs that cannot be read are refused with the reason', async () => {
  const results = await resultsFolder();
  await writeRuns(results, [{ experiment: 'f1-lb', config: { model: 'f2' } }]);
  const saying = /no run of .* is completed\nf1-lb\/baseline\/seed-1: .*model: .*f2/;
  expect(await smoothout`compare ${join(results, 'runs', 'f1-lb')}`).toBeRefused({ status: 2, saying });
});
