import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { curveCsv, parseCurveCsv } from '../../records/curve-record.js';
import { assignCells } from '../groups.js';
import { drawFigures } from '../report.js';
import { readResults } from '../results.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { curveFigures } from './curves.js';
import type { Figure } from './drawing.js';

const checkpoint = (experiment: string, method: string, seed = 1): string =>
  `results/runs/${experiment}/${method}/seed-${seed}/best.safetensors`;

function interpolation(from: string, to: string): string {
  return curveCsv(
    'interpolate',
    [-1, 0, 1, 2].map((alpha) => ({
      ...{ alpha, split: 'test', loss: 0.1 + alpha ** 2, accuracy: 90, from, to },
      statistics: 'interpolated',
    })),
  );
}

function sensitivity(checkpoints: readonly string[]): string {
  const rows = checkpoints.flatMap((name) =>
    [0, 0.01].map((a) => ({ a, split: 'test', loss: 0.1 + a, accuracy: 90, draws: 100, checkpoint: name })),
  );
  return curveCsv('sensitivity', rows);
}

interface Drawn {
  readonly figures: readonly Figure[];
  readonly problems: readonly string[];
}

async function draw(runs: readonly FixtureRun[], files: Readonly<Record<string, string>> = {}): Promise<Drawn> {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  await mkdir(join(results, 'figures'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(results, 'figures', name), text);
  const read = await readResults({ runs: join(results, 'runs'), results });
  return {
    figures: await drawFigures(read),
    problems: read.problems.map(({ where, what }) => `${where}: ${what}`),
  };
}

const names = ({ figures }: Drawn): string[] => figures.map(({ name }) => name);
const texts = ({ svg }: Figure): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

describe('from runs alone', () => {
  test('accuracy against batch size, sharpness against the gap, training curves', async () => {
    const drawn = await draw(f1Runs(3));
    const measures = ['measures-gap-mnist', 'measures-error-mnist'];
    expect(names(drawn)).toEqual([
      'batch-size-f1-mnist',
      'sharpness-gap',
      ...measures,
      'training-f1-sb',
      'training-f1-lb',
    ]);
    const [batchSize, gap, measured, , training] = drawn.figures as [Figure, Figure, Figure, Figure, Figure];
    expect(texts(batchSize)).toEqual(
      expect.arrayContaining(['256', '6000', 'Batch size (log scale)', 'Accuracy, % (hollow: paper)', 'SmoothOut']),
    );
    expect(texts(gap)).toEqual(expect.arrayContaining(['as defined', 'Sharpness (log scale)', 'F1, MNIST']));
    expect(texts(gap).filter((text) => text.startsWith('ρ'))).toHaveLength(3);
    expect(texts(measured).filter((text) => text.startsWith('τ = '))).toHaveLength(3);
    expect(texts(measured)).toEqual(
      expect.arrayContaining(['Keskar et al.’s metric, as defined', 'Generalisation gap, points', 'F1']),
    );
    expect(texts(training)).toEqual(expect.arrayContaining(['f1-sb: F1 on MNIST, batch 256', 'Epoch', 'Accuracy, %']));
  });

  test('no run, no figure', async () => {
    expect(names(await draw([]))).toEqual([]);
  });

  test('short runs and runs on generated data are drawn apart, and say so', async () => {
    const trials = [64, 256].map((batchSize) => ({
      experiment: `trial-${batchSize}`,
      synthetic: true,
      config: { batchSize, epochs: 3 },
    }));
    const drawn = await draw([...f1Runs(1), ...trials]);
    expect(names(drawn).slice(0, 2)).toEqual(['batch-size-f1-mnist', 'batch-size-f1-mnist-generated-3-epochs']);
    expect(texts(drawn.figures.find(({ name }) => name === 'training-trial-256')!)).toContain(
      'generated data, 3 of 200 epochs',
    );
  });

  test('a run without metrics has no training curve', async () => {
    expect(names(await draw([{ experiment: 'f1-lb', metricsEpochs: 0 }]))).toEqual([]);
  });
});

describe('from curves', () => {
  const lb = interpolation(checkpoint('f1-lb', 'baseline'), checkpoint('f1-lb', 'smoothout'));
  const curves = (drawn: Drawn): string[] => names(drawn).filter((name) => /^(figure|curves)-/.test(name));

  test('a curve between runs in the tables is the figure of the paper', async () => {
    const drawn = await draw(f1Runs(1), { 'line.csv': lb });
    expect(curves(drawn)).toEqual(['figure-10b']);
    const figure = drawn.figures.find(({ name }) => name === 'figure-10b')!;
    expect(figure).toMatchObject({
      heading: 'Fig. 10(b)',
      caption:
        'F1 on MNIST, large batch: along the line from the baseline (α = 0) to SmoothOut (α = 1). ' +
        'f1-lb/baseline, seed 1; f1-lb/smoothout, seed 1.',
    });
    expect(texts(figure)).toEqual(expect.arrayContaining(['α', 'Loss (filled marks, log scale)']));
  });

  test('the way back is not', async () => {
    const back = interpolation(checkpoint('f1-lb', 'smoothout'), checkpoint('f1-lb', 'baseline'));
    expect(curves(await draw(f1Runs(1), { 'back.csv': back }))).toEqual(['curves-back']);
  });

  test('runs that are no row of the paper never make one of its figures', async () => {
    const short = f1Runs(1).map((run) => ({ ...run, config: { ...run.config, epochs: 5 } }));
    expect(curves(await draw(short, { 'line.csv': lb }))).toEqual(['curves-line']);
    const generated = f1Runs(1).map((run) => ({ ...run, synthetic: true }));
    expect(curves(await draw(generated, { 'line.csv': lb }))).toEqual(['curves-line']);
    expect(curves(await draw([], { 'line.csv': lb }))).toEqual(['curves-line']);
  });

  test('small and large batch may come from two files; of several seeds the first is drawn', async () => {
    const c1 = ['c1-sb', 'c1-lb'].flatMap((experiment) =>
      [1, 2].map((seed) => ({
        experiment,
        seed,
        config: { model: 'c1', dataset: 'cifar10', batchSize: experiment === 'c1-sb' ? 256 : 5000 },
      })),
    );
    const drawn = await draw(c1, {
      'a.csv': sensitivity([checkpoint('c1-sb', 'baseline', 2), checkpoint('c1-sb', 'baseline', 1)]),
      'b.csv': sensitivity([checkpoint('c1-lb', 'baseline', 1)]),
    });
    expect(curves(drawn)).toEqual(['figure-3b', 'curves-a']);
    const figure = drawn.figures.find(({ name }) => name === 'figure-3b')!;
    expect(figure.caption).toMatch(/c1-sb\/baseline, seed 1; c1-lb\/baseline, seed 1\.$/);
    expect(texts(figure)).toEqual(expect.arrayContaining(['SB', 'LB', 'Strength of the noise, a']));
  });

  test('the settings beside a curve say which run a checkpoint elsewhere is of', async () => {
    const run = (method: string) => ({ experiment: 'f1-lb', method, seed: 1 });
    const settings = {
      version: 1,
      kind: 'interpolate',
      checkpoints: { a: run('baseline'), b: run('smoothout') },
    };
    const files = { 'line.csv': interpolation('a', 'b'), 'line.json': JSON.stringify(settings) };
    expect(curves(await draw(f1Runs(1), files))).toEqual(['figure-10b']);
  });

  test('what is no curve is passed over, what is broken is reported', async () => {
    const drawn = await draw([], {
      'plane.csv': 'alpha,beta,split,loss,accuracy\n0,0,test,1,2\n',
      'empty.csv': '',
      'broken.csv': 'a,split,loss,accuracy,draws,checkpoint\n0,test,x,1,1,c\n',
      'foreign.csv': sensitivity(['x']),
      'foreign.json': '{"version": 2}',
      'notes.txt': 'x',
    });
    expect(names(drawn)).toEqual([]);
    expect(drawn.problems.filter((problem) => problem.startsWith('figures'))).toEqual([
      'figures/broken.csv: line 2: loss is "x", not a number; the figure is left out',
      expect.stringMatching(
        /^figures\/foreign\.csv: its settings \(\.json\): version 2, where this program reads version 1; the figure is left out$/,
      ),
    ]);
  });
});

const row = (alpha: number, direction: number, loss: number, checkpoint: string) => ({
  ...{ alpha, split: 'test', loss, accuracy: 50 + direction, direction, checkpoint },
});

test('directions of a landscape are averaged, checkpoint by checkpoint', () => {
  const text = curveCsv('landscape', [row(0, 0, 1, 'x'), row(0, 1, 3, 'x'), row(0, 0, 7, 'y'), row(0.1, 0, 5, 'x')]);
  const file = { ...parseCurveCsv(text)!, name: 'land', runOf: () => null };
  const [figure, ...more] = curveFigures([file], assignCells([]));
  expect(more).toEqual([]);
  expect(figure).toMatchObject({ name: 'curves-land', caption: 'x; y' });
  const { data } = figure!.spec as { data: { values: object[] } };
  expect(data.values).toEqual([
    { x: 0, series: 'x', split: 'test set', loss: 2, accuracy: 50.5 },
    { x: 0, series: 'y', split: 'test set', loss: 7, accuracy: 50 },
    { x: 0.1, series: 'x', split: 'test set', loss: 5, accuracy: 50 },
  ]);
});
