import { expect, test } from 'vitest';
import { assignCells } from '../cells.js';
import { loadRuns } from '../load-runs.js';
import { groupRuns } from '../runs.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { batchSizeFamilies, batchSizeFigure } from './batch-size.js';

async function familiesOf(runs: readonly FixtureRun[]) {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  const { placed, apart } = assignCells(groupRuns((await loadRuns(`${results}/runs`)).runs).groups);
  return batchSizeFamilies([...placed, ...apart]);
}

/** "SmoothOut 256 98.73 measured", point by point. */
function points(family: Parameters<typeof batchSizeFigure>[0]): string[] {
  const { data } = batchSizeFigure(family) as { data: { values: Record<string, string | number>[] } };
  return data.values
    .map(({ series, batchSize, accuracy, source }) => `${series} ${batchSize} ${accuracy} ${source}`)
    .sort();
}

test('the rows of the paper have its numbers beside them', async () => {
  const families = await familiesOf(f1Runs(1));
  expect(families.map(({ name }) => name)).toEqual(['f1-mnist']);
  expect(points(families[0]!)).toEqual([
    'Baseline 256 98.42 measured',
    'Baseline 256 98.49 paper',
    'Baseline 6000 98.01 paper',
    'Baseline 6000 98.02 measured',
    'SmoothOut 256 98.61 paper',
    'SmoothOut 256 98.73 measured',
    'SmoothOut 6000 98.33 measured',
    'SmoothOut 6000 98.42 paper',
  ]);
});

test('short runs and those on generated data are families of their own, without the paper', async () => {
  const trials = [64, 256].flatMap((batchSize) =>
    [true, false].map((synthetic) => ({
      experiment: `trial-${batchSize}-${synthetic}`,
      synthetic,
      config: { batchSize, epochs: 3 },
    })),
  );
  const families = await familiesOf(trials);
  expect(families.map(({ name }) => name)).toEqual(['f1-mnist-3-epochs', 'f1-mnist-generated-3-epochs']);
  for (const family of families)
    expect(points(family)).toEqual(['Baseline 256 98 measured', 'Baseline 64 98 measured']);
});

test('a single batch size is no figure', async () => {
  expect(await familiesOf([{ experiment: 'f1-lb' }, { experiment: 'f1-lb', method: 'smoothout' }])).toEqual([]);
});
