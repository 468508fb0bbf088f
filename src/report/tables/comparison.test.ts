import { expect, test } from 'vitest';
import { type Results, readResults } from '../results.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { compareResults, comparisonLines, comparisonTable } from './comparison.js';

async function resultsOf(runs: readonly FixtureRun[]): Promise<Results> {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  return readResults({ runs: `${results}/runs`, results });
}

/** F1 at batch 6000, baseline, each seed 0.1 points better. */
const better = f1Runs(3, ['baseline'])
  .filter(({ experiment }) => experiment === 'f1-lb')
  .map((run) => ({ ...run, experiment: 'mine', bestAccuracy: Number((run.bestAccuracy! + 0.1).toFixed(2)) }));

test('cells of the paper are paired whatever their experiments are called, seeds with seeds', async () => {
  const comparison = compareResults(['here', 'there'], await resultsOf(f1Runs(3)), await resultsOf(better));
  const rows = comparisonTable(comparison).lines;
  expect(
    rows.map(({ experiment, method, left_seeds, right_seeds }) => [experiment, method, left_seeds, right_seeds]),
  ).toEqual([
    ['f1-sb', 'baseline', 3, 0],
    ['f1-sb', 'smoothout', 3, 0],
    ['f1-lb', 'baseline', 3, 3],
    ['f1-lb', 'smoothout', 3, 0],
  ]);
  expect(rows[2]).toMatchObject({
    left_accuracy: '98.0400',
    right_accuracy: '98.1400',
    difference: '0.1000',
    difference_ci95: '0.0000',
    left_sharpness_keskar: '60.0400',
    settings_left_right: '',
  });
  expect(rows[0]).toMatchObject({ right_accuracy: '', difference: '' });
  expect(comparisonLines(comparison)[3]).toEqual([
    ...['f1-lb/baseline', '3', '98.04 ± 0.05', '3', '98.14 ± 0.05', '+0.10 ± 0.00', '3014', '3014'],
    'F1 on MNIST, batch 6000',
  ]);
});

test('other runs are paired by name, and what their settings differ in is said', async () => {
  const short = (epochs: number, a: number): FixtureRun => ({
    experiment: 'trial',
    method: 'smoothout',
    config: { epochs, methods: [{ name: 'smoothout', noise: { a } }] },
  });
  const comparison = compareResults(['a', 'b'], await resultsOf([short(5, 0.01)]), await resultsOf([short(10, 0.02)]));
  expect(comparison.pairs).toHaveLength(1);
  expect(comparison.pairs[0]!.settings).toEqual(['epochs 5 / 10', 'method.noise.a 0.01 / 0.02']);
});

test('a name that two groups of a folder share is not matched', async () => {
  const trial = (seed: number, epochs: number): FixtureRun => ({ experiment: 'trial', seed, config: { epochs } });
  const left = await resultsOf([trial(1, 5), trial(2, 6)]);
  expect(compareResults(['a', 'b'], left, await resultsOf([trial(1, 5)])).pairs).toMatchObject([{ left: null }]);
});
