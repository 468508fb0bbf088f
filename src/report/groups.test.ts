import { describe, expect, test } from 'vitest';
import { assignCells, type Cells, groupRuns } from './groups.js';
import { PAPER_ROWS, paperRow } from './paper.js';
import { loadRuns } from './runs.js';
import { type FixtureRun, resultsFolder, writeRuns } from './testing/fixture-runs.js';

async function cellsOf(runs: readonly FixtureRun[]): Promise<Cells> {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  const loaded = await loadRuns(`${results}/runs`);
  expect(loaded.problems).toEqual([]);
  return assignCells(groupRuns(loaded.runs));
}

/** What stands in the cells of F1's large batch, and why the rest stands apart. */
function summary(cells: Cells) {
  const row = paperRow('f1-lb');
  const name = (method: 'baseline' | 'smoothout') => {
    const cell = cells.at(row, method);
    return cell === null ? null : `${cell.experiment} ×${cell.runs.length}`;
  };
  return {
    baseline: name('baseline'),
    smoothout: name('smoothout'),
    apart: cells.apart.map(({ experiment, standing }) => `${experiment}: ${standing.deviations.join('; ')}`),
    problems: cells.problems.map(({ where, what }) => `${where}: ${what}`),
  };
}

test('runs of a row stand in its cells, seeds together', async () => {
  const runs = [1, 2, 3].flatMap((seed) =>
    ['baseline', 'smoothout'].map((method) => ({ experiment: 'mine', method, seed })),
  );
  expect(summary(await cellsOf(runs))).toEqual({ baseline: 'mine ×3', smoothout: 'mine ×3', apart: [], problems: [] });
});

describe('never in a row of the paper', () => {
  test.each<[string, Partial<FixtureRun>, string]>([
    ['fewer epochs', { config: { epochs: 25 } }, '25 of 200 epochs'],
    ['more epochs', { config: { epochs: 400 } }, '400 epochs instead of 200'],
    ['generated data', { synthetic: true }, 'generated data'],
    ['parameters to start from', { config: { init: 'start.safetensors' } }, 'started from given parameters'],
    ['a part of the training set', { config: { trainLimit: 6000 } }, 'first 6000 training images only'],
    ['a part of the test set', { config: { validationLimit: 500 } }, 'first 500 validation images only'],
    ['a held-out split', { config: { validation: 'holdout:5000' } }, 'accuracy on 5000 held-out training images'],
    ['another batch size', { config: { batchSize: 512 } }, 'other settings'],
    ['another learning rate', { config: { optimizer: { learningRate: 0.002 } } }, 'other settings'],
    ['another optimizer', { config: { optimizer: { name: 'sgd' } } }, 'other settings'],
    ['augmentation', { config: { augment: true } }, 'other settings'],
    ['ghost batches', { config: { ghostBatchSize: 100 } }, 'other settings'],
    ['another network', { config: { model: 'mlp' } }, 'other settings'],
    ['another data set', { config: { model: 'mlp', dataset: 'cifar10' } }, 'other settings'],
    ['a method of no row', { method: 'adasmoothout' }, 'a method not reported for this row'],
    ['several of these', { synthetic: true, config: { epochs: 2 } }, 'generated data; 2 of 200 epochs'],
  ])('%s', async (_, run, reason) => {
    const cells = await cellsOf([{ experiment: 'f1-lb', ...run }]);
    expect(summary(cells)).toEqual({ baseline: null, smoothout: null, apart: [`f1-lb: ${reason}`], problems: [] });
    for (const row of PAPER_ROWS) expect(cells.at(row, 'baseline')).toBeNull();
  });

  test('a run that is not completed', async () => {
    for (const status of ['running', 'interrupted', 'failed', 'diverged'] as const) {
      const cells = await cellsOf([{ experiment: 'f1-lb', record: { status, epochsDone: 3 } }]);
      expect(summary(cells)).toEqual({ baseline: null, smoothout: null, apart: [], problems: [] });
    }
  });
});

describe('two that claim one cell', () => {
  const other = { config: { optimizer: { clipNorm: 5 } } };

  test('the experiment named as the row wins, and it is said', async () => {
    const cells = await cellsOf([{ experiment: 'f1-lb' }, { experiment: 'f1-lb-clipped', ...other }]);
    expect(summary(cells)).toEqual({
      baseline: 'f1-lb ×1',
      smoothout: null,
      apart: ['f1-lb-clipped: '],
      problems: [
        'F1 on MNIST, batch 6000, baseline: claimed by f1-lb/baseline and f1-lb-clipped/baseline, whose settings differ; ' +
          'the cell shows f1-lb/baseline, the others stand apart',
      ],
    });
  });

  test('without such a name the cell stays empty', async () => {
    const cells = await cellsOf([{ experiment: 'one' }, { experiment: 'two', ...other }]);
    expect(summary(cells)).toEqual({
      baseline: null,
      smoothout: null,
      apart: ['one: ', 'two: '],
      problems: [
        'F1 on MNIST, batch 6000, baseline: claimed by one/baseline and two/baseline, whose settings differ; the cell stays empty',
      ],
    });
  });

  test('seeds of one experiment with different settings are not averaged', async () => {
    const cells = await cellsOf([
      { experiment: 'f1-lb', seed: 1 },
      { experiment: 'f1-lb', seed: 2, ...other },
    ]);
    expect(summary(cells)).toMatchObject({
      baseline: null,
      problems: [expect.stringContaining('the cell stays empty')],
    });
  });

  test('seeds of one experiment on real and on generated data are not averaged', async () => {
    const cells = await cellsOf([
      { experiment: 'f1-lb', seed: 1 },
      { experiment: 'f1-lb', seed: 2, synthetic: true },
    ]);
    expect(summary(cells)).toEqual({
      baseline: 'f1-lb ×1',
      smoothout: null,
      apart: ['f1-lb: generated data'],
      problems: [],
    });
  });

  test('what differs from the text and the code yields to what does not', async () => {
    const cells = await cellsOf([
      { experiment: 'decayed', config: { optimizer: { weightDecay: 0.01 } } },
      { experiment: 'plain' },
    ]);
    expect(summary(cells)).toMatchObject({ baseline: 'plain ×1' });
    expect(cells.apart[0]!.standing.notes).toEqual(['weight decay 0.01']);
  });

  test('two strengths of noise under two labels: the one labelled by its name', async () => {
    const methods = [{ name: 'smoothout', label: 'strong', noise: { a: 0.1 } }];
    const cells = await cellsOf([
      { experiment: 'f1-lb', method: 'smoothout' },
      { experiment: 'f1-lb', method: 'strong', config: { methods } },
    ]);
    expect(summary(cells)).toMatchObject({ smoothout: 'f1-lb ×1', apart: ['f1-lb: '] });
    expect(cells.apart[0]!.method).toBe('strong');
  });
});

test('a tuned strength is noted with how it was chosen', async () => {
  const how = 'noise.a from 5 values, 0.0025 to 0.04 (5000 held-out images, 20 epochs, 2 seeds)';
  const methods = [{ name: 'smoothout', noise: { a: 0.01 } }];
  const config = { methods, tuning: { smoothout: how } };
  const cells = await cellsOf([{ experiment: 'f1-lb', method: 'smoothout', config }]);
  expect(cells.at(paperRow('f1-lb'), 'smoothout')!.standing.notes).toEqual([how]);
});

describe('presets', () => {
  const reference = { preset: 'reference' };

  test('the reference fills a row that nothing else does, with a note', async () => {
    const cells = await cellsOf([{ experiment: 'f1-lb-reference', config: reference }]);
    expect(summary(cells)).toMatchObject({ baseline: 'f1-lb-reference ×1', problems: [] });
    expect(cells.at(paperRow('f1-lb'), 'baseline')!.standing.notes).toEqual(['preset reference']);
  });

  test('the two are not mixed within a row', async () => {
    const cells = await cellsOf([
      { experiment: 'f1-lb' },
      { experiment: 'f1-lb-reference', method: 'smoothout', config: reference },
    ]);
    expect(summary(cells)).toEqual({
      baseline: 'f1-lb ×1',
      smoothout: null,
      apart: ['f1-lb-reference: '],
      problems: [
        'F1 on MNIST, batch 6000, smoothout: f1-lb-reference/smoothout follows preset reference, and another run of this ' +
          'row preset paper; the cell stays empty',
      ],
    });
  });
});

test('AlexNet under AdaSmoothOut drops weight decay and dropout without a note', async () => {
  const config = {
    ...{ model: 'alexnet', dataset: 'imagenet', epochs: 60, batchSize: 16384, ghostBatchSize: 128, augment: true },
    optimizer: { name: 'sgd', learningRate: 0.01, weightDecay: 5e-4, scaleLearningRate: true },
    schedule: [
      { epoch: 20, factor: 0.1 },
      { epoch: 40, factor: 0.01 },
    ],
  };
  const unregularised = { name: 'adasmoothout', optimizer: { weightDecay: 0 }, dropout: 0 };
  const cells = await cellsOf([
    { experiment: 'alexnet', config },
    { experiment: 'alexnet', method: 'adasmoothout', config: { ...config, methods: [unregularised] } },
  ]);
  for (const method of ['baseline', 'adasmoothout'] as const) {
    expect(cells.at(paperRow('alexnet-lb-gbn'), method)!.standing).toMatchObject({ deviations: [], notes: [] });
  }
});
