import { describe, expect, test } from 'vitest';
import { assignCells, groupRuns } from '../groups.js';
import { loadRuns } from '../runs.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { batchSizeFigures } from './batch-size.js';
import { drawAll, type UndrawnFigure } from './drawing.js';

describe('accuracy against batch size', () => {
  async function figuresOf(runs: readonly FixtureRun[]) {
    const results = await resultsFolder();
    await writeRuns(results, runs);
    const { placed, apart } = assignCells(groupRuns((await loadRuns(`${results}/runs`)).runs));
    return batchSizeFigures([...placed, ...apart]);
  }

  /** "SmoothOut 256 98.73 measured", point by point. */
  function points({ spec }: UndrawnFigure): string[] {
    const { data } = spec as { data: { values: Record<string, string | number>[] } };
    return data.values
      .map(({ series, batchSize, accuracy, source }) => `${series} ${batchSize} ${accuracy} ${source}`)
      .sort();
  }

  test('the rows of the paper have its numbers beside them', async () => {
    const figures = await figuresOf(f1Runs(1));
    expect(figures.map(({ name }) => name)).toEqual(['batch-size-f1-mnist']);
    expect(points(figures[0]!)).toEqual([
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

  test('short runs and those on generated data are figures of their own, without the paper', async () => {
    const trials = [64, 256].flatMap((batchSize) =>
      [true, false].map((synthetic) => ({
        experiment: `trial-${batchSize}-${synthetic}`,
        synthetic,
        config: { batchSize, epochs: 3 },
      })),
    );
    const figures = await figuresOf(trials);
    expect(figures.map(({ name }) => name)).toEqual([
      'batch-size-f1-mnist-3-epochs',
      'batch-size-f1-mnist-generated-3-epochs',
    ]);
    for (const figure of figures)
      expect(points(figure)).toEqual(['Baseline 256 98 measured', 'Baseline 64 98 measured']);
  });

  test('families that differ in the optimizer alone have files of their own', async () => {
    const sizes = (optimizer: object) =>
      [64, 256].map((batchSize) => ({
        experiment: `mine-${batchSize}-${Object.values(optimizer)}`,
        config: { batchSize, epochs: 3, optimizer },
      }));
    const figures = await figuresOf([...sizes({ name: 'adam' }), ...sizes({ name: 'sgd' })]);
    const drawn = await drawAll(figures);
    expect(drawn.map(({ name }) => name)).toEqual(['batch-size-f1-mnist-3-epochs', 'batch-size-f1-mnist-3-epochs-2']);
  });

  test('a single batch size is no figure', async () => {
    expect(await figuresOf([{ experiment: 'f1-lb' }, { experiment: 'f1-lb', method: 'smoothout' }])).toEqual([]);
  });
});
