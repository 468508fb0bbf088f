import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { writeReport } from '../report.js';
import { type FixtureRun, resultsFolder, writeRuns } from '../testing/fixture-runs.js';

const BASELINE = [97, 98, 99];

/** A method of the experiment "beyond": as much better than the baseline at each seed as said. */
const runsOf = (method: string, better: readonly number[], config: object = {}, record: object = {}): FixtureRun[] =>
  better.map((points, i) => {
    const methods = [{ name: method }];
    const bestAccuracy = BASELINE[i]! + points;
    return { experiment: 'beyond', method, seed: i + 1, bestAccuracy, config: { methods, ...config }, record };
  });

async function report(runs: readonly FixtureRun[]) {
  const folder = await resultsFolder();
  await writeRuns(folder, runs);
  const { files } = await writeReport({ runs: folder, out: null, compare: null });
  const has = (name: string) => files.includes(join(folder, name));
  const rows = has('beyond.csv') ? parse(await readFile(join(folder, 'beyond.csv'), 'utf8'), { columns: true }) : [];
  return { rows: rows as Record<string, string>[], page: await readFile(join(folder, 'report.html'), 'utf8') };
}

test('methods that the paper does not have stand beside the baseline of their experiment, seed by seed', async () => {
  const { rows, page } = await report([
    ...runsOf('baseline', [0, 0, 0]),
    ...runsOf('sam', [0.3, 0.5, 0.4], {}, { gradientEvaluations: 4000, seconds: 120 }),
  ]);
  expect(rows).toMatchObject([
    { method: 'baseline', seeds: '3', accuracy: '98.0000', improvement: '' },
    { method: 'sam', strength: '0.05', accuracy: '98.4000', improvement: '0.4000', gradient_evaluations: '4000' },
  ]);
  // Paired: t(2, 0.975) · 0.1 / √3. The seeds themselves are a point apart.
  expect(Number(rows[1]!.improvement_ci95)).toBeCloseTo((4.302653 * 0.1) / Math.sqrt(3), 4);
  expect(page).toContain('<h2>Beyond the paper: other methods and budgets</h2>');
});

test('of runs that average their parameters, the average is compared', async () => {
  const { rows } = await report([
    ...runsOf('baseline', [0, 0, 0]),
    ...[1, 2, 3].map((seed) => ({
      ...runsOf('baseline', [0, 0, 0])[seed - 1]!,
      method: 'swa',
      config: { methods: [{ name: 'baseline', label: 'swa', average: { kind: 'swa' } }] },
      record: { averageBestEpoch: 4, averageBestAccuracy: 98.5 + seed / 2, averageFinalAccuracy: 98 },
    })),
  ]);
  expect(rows[1]).toMatchObject({
    method: 'swa',
    accuracy: '98.0000',
    average_accuracy: '99.5000',
    improvement: '1.5000',
  });
});

test('trials of tune are in no such table', async () => {
  const trials = runsOf('sam', [0.3], { validation: 'holdout:5000' });
  const { rows, page } = await report(trials.map((run) => ({ ...run, experiment: 'beyond-tune' })));
  expect(rows).toEqual([]);
  expect(page).not.toContain('Beyond the paper');
});

test('the paper’s own methods are no such table', async () => {
  const { rows, page } = await report([...runsOf('baseline', [0]), ...runsOf('smoothout', [1])]);
  expect(rows).toEqual([]);
  expect(page).not.toContain('Beyond the paper');
});
