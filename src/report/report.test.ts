import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { csvText, tableRows, writeReport } from './report.js';
import { readResults } from './results.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRun, writeRuns } from './testing/fixture-runs.js';
import { summaryRows } from './text.js';

const report = (runs: string, out: string | null = null) => writeReport({ runs, out, compare: null });

/** The contents of every file of a report, by name. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = ['table1.csv', 'table2.csv', 'table3.csv', 'runs.csv', 'report.html'];
  const figures = (await readdir(join(folder, 'figures'))).map((name) => `figures/${name}`).sort();
  const texts = await Promise.all([...names, ...figures].map((name) => readFile(join(folder, name), 'utf8')));
  return new Map([...names, ...figures].map((name, i) => [name, texts[i]!]));
}

describe('the same runs give the same bytes', () => {
  test('a second time, elsewhere, and from a copy whose files were written in another order', async () => {
    const results = await resultsFolder();
    await writeRuns(results, f1Runs(2));
    await report(results);
    const first = await filesOf(results);
    expect([...first.keys()]).toHaveLength(5 + 4);

    await report(results);
    expect(await filesOf(results)).toEqual(first);

    const out = await resultsFolder();
    await report(join(results, 'runs'), out);
    expect(await filesOf(out)).toEqual(first);

    const copy = await resultsFolder();
    await writeRuns(copy, [...f1Runs(2)].reverse());
    await report(copy);
    expect(await filesOf(copy)).toEqual(first);
  });

  test('nothing in them names this machine', async () => {
    const results = await resultsFolder();
    await writeRuns(results, f1Runs(1));
    await report(results);
    for (const text of (await filesOf(results)).values()) expect(text).not.toContain(results);
  });
});

describe('where the runs are', () => {
  test.each(['', 'runs'])('the folder of results or of runs: %j', async (inner) => {
    const results = await resultsFolder();
    await writeRun(results, { experiment: 'f1-lb' });
    const { files } = await report(join(results, inner));
    expect(files[0]).toBe(join(results, 'table1.csv'));
  });

  test('a folder that is not there is an error of the command line', async () => {
    const missing = join(await resultsFolder(), 'missing');
    const error = await report(missing).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SmoothOutError);
    expect(error).toMatchObject({ code: 'USAGE', message: `${missing}: there is no such folder` });
  });

  test('an output folder that cannot be is an error, and nothing is written', async () => {
    const results = await resultsFolder();
    await writeRun(results, { experiment: 'f1-lb' });
    await writeFile(join(results, 'file'), '');
    await expect(report(results, join(results, 'file/out'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(await readdir(results)).toEqual(['file', 'runs']);
  });
});

describe('with nothing to report', () => {
  test('an empty folder gives the paper with empty cells, and a word about it', async () => {
    const results = await resultsFolder();
    const { problems } = await report(results);
    expect(problems).toEqual([{ where: 'runs', what: 'there is no readable run; measured cells are empty' }]);
    const [header, ...rows] = parse(await readFile(join(results, 'table2.csv'), 'utf8'));
    expect(rows.map((row) => row[header!.indexOf('baseline')])).toEqual(new Array(6).fill(''));
    expect(await readFile(join(results, 'report.html'), 'utf8')).toContain("0 of the paper's 25");
  });

  test('a half-finished run is named and in no cell', async () => {
    const results = await resultsFolder();
    await writeRuns(results, [{ experiment: 'f1-lb', record: { status: 'running', epochsDone: 7 } }]);
    await mkdir(join(results, 'runs/f1-lb/baseline/seed-2'));
    const { problems } = await report(results);
    expect(problems).toEqual([
      { where: 'f1-lb/baseline/seed-2', what: 'run.json: there is no such file; the run is left out' },
      { where: 'f1-lb/baseline/seed-1', what: 'running after 7 of 200 epochs; in no mean' },
    ]);
    const rows = parse(await readFile(join(results, 'table1.csv'), 'utf8'));
    expect(rows[2]!.slice(7, 11)).toEqual(['6000', '0', '', '']);
  });
});

test('an unfinished seed is in no mean, and the row says so', async () => {
  const results = await resultsFolder();
  await writeRuns(results, [
    ...[1, 2].map((seed): FixtureRun => ({ experiment: 'f1-lb', seed, bestAccuracy: 98 })),
    { experiment: 'f1-lb', seed: 3, bestAccuracy: 11, record: { status: 'diverged', epochsDone: 3 } },
  ]);
  const { results: read } = await report(results);
  expect(summaryRows(read).inTables).toEqual([
    ['F1', 'MNIST', '6000', 'Baseline', '2', '98.00 ± 0.00', '98.01', '–', '–', '–', '–', '57.8246', 'seed 3 diverged'],
  ]);
});

test('sharpness of some seeds only is averaged over those, and said', async () => {
  const results = await resultsFolder();
  await writeRuns(results, [
    { experiment: 'f1-lb', seed: 1, sharpness: { keskar: 40, defined: 100 } },
    { experiment: 'f1-lb', seed: 2, sharpness: { keskar: 60 } },
    { experiment: 'f1-lb', seed: 3 },
  ]);
  const { problems, results: read } = await report(results);
  expect(problems).toEqual([
    { where: 'f1-lb/baseline', what: 'sharpness (defined) of 1 of 3 seeds' },
    { where: 'f1-lb/baseline', what: 'sharpness (keskar) of 2 of 3 seeds' },
  ]);
  expect(summaryRows(read).inTables[0]!.slice(8, 11)).toEqual(['100.0', '50.00', '–']);
});

test('runs.csv has every run and says where it stands', async () => {
  const results = await resultsFolder();
  await writeRuns(results, [
    { experiment: 'f1-lb', sharpness: { keskar: 42.5 } },
    { experiment: 'trial', method: 'smoothout', synthetic: true, config: { epochs: 2 } },
    { experiment: 'broken', record: { status: 'failed', epochsDone: 1 } },
  ]);
  await report(results);
  const [header, ...rows] = parse(await readFile(join(results, 'runs.csv'), 'utf8'));
  const columns = ['folder', 'status', 'a', 'last_accuracy', 'sharpness_keskar', 'in_tables', 'deviations'];
  expect(rows.map((row) => columns.map((name) => row[header!.indexOf(name)]))).toEqual([
    ['broken/baseline/seed-1', 'failed', '', '97.9000', '', 'no', 'failed'],
    ['f1-lb/baseline/seed-1', 'completed', '', '97.9000', '42.5000', 'yes', ''],
    ['trial/smoothout/seed-1', 'completed', '0.01', '97.9000', '', 'no', 'generated data; 2 of 200 epochs'],
  ]);
});

test('problems of the folder compared with are named as its own', async () => {
  const [left, right] = [await resultsFolder(), await resultsFolder()];
  await writeRun(left, { experiment: 'f1-lb' });
  await cp(left, right, { recursive: true });
  await mkdir(join(right, 'runs/f1-lb/baseline/seed-2'));
  const { problems, files } = await writeReport({ runs: left, out: null, compare: right });
  expect(problems).toEqual([
    { where: `${right}: f1-lb/baseline/seed-2`, what: 'run.json: there is no such file; the run is left out' },
  ]);
  expect(files.at(-1)).toBe(join(left, 'comparison.csv'));
});

async function tablesOf(results: string) {
  return tableRows((await readResults({ runs: `${results}/runs`, results })).tables);
}

const sharpness = (name: string): string[] => [name, `${name}_keskar`, `${name}_reference`];

describe('with no run at all', () => {
  test('every row of the paper is there, in its order, with the measured cells empty', async () => {
    const { table1, table2, table3 } = await tablesOf(await resultsFolder());
    expect(
      table1.map((row) => [row.dnn, row.dataset, row.batch_size, row.paper_accuracy, row.paper_sharpness].join(' ')),
    ).toMatchInlineSnapshot(`
      [
        "F1 MNIST 256 98.49 0.0000",
        "F1 MNIST 6000 98.01 57.8246",
        "C1 CIFAR-10 256 79.67 27.7448",
        "C1 CIFAR-10 5000 77.30 117.8266",
        "C3 CIFAR-100 256 47.99 23.5103",
        "C3 CIFAR-100 5000 44.37 62.0682",
        "ResNet44 CIFAR-10 128 93.18 132.3693",
        "ResNet44 CIFAR-10 2048 87.58 459.1477",
        "ResNet44 CIFAR-10 2048 89.24 252.0197",
        "ResNet44 CIFAR-100 128 70.26 0.0000",
        "ResNet44 CIFAR-100 1024 64.67 203.7407",
        "ResNet44 CIFAR-100 1024 67.23 140.4747",
        "AlexNet ImageNet 256 56.15 595.9811",
        "AlexNet ImageNet 16384 47.64 623.0147",
      ]
    `);
    expect(
      table2.map((row) =>
        [
          row.dnn,
          row.batch_size,
          row.paper_baseline,
          row.paper_smoothout,
          row.paper_sharpness_baseline,
          row.paper_sharpness_smoothout,
        ].join(' '),
      ),
    ).toMatchInlineSnapshot(`
      [
        "F1 256 98.49 98.61 0.0000 0.0000",
        "F1 6000 98.01 98.42 57.8246 5.4128",
        "C1 256 79.67 81.72 27.7448 0.0003",
        "C1 5000 77.30 80.34 117.8266 0.0004",
        "C3 256 47.99 51.17 23.5103 0.0001",
        "C3 5000 44.37 48.43 62.0682 10.7303",
      ]
    `);
    expect(
      table3.map((row) =>
        [row.dnn, row.dataset, row.batch_size, row.method, row.paper_accuracy, row.paper_gap, row.paper_sharpness].join(
          ' ',
        ),
      ),
    ).toMatchInlineSnapshot(`
      [
        "ResNet44 CIFAR-10 2048 Baseline 89.24 3.94 252.0197",
        "ResNet44 CIFAR-10 2048 SmoothOut 89.83 3.35 204.9006",
        "ResNet44 CIFAR-10 2048 AdaSmoothOut 91.20 1.98 348.3411",
        "ResNet44 CIFAR-100 1024 Baseline 67.23 3.03 140.4747",
        "ResNet44 CIFAR-100 1024 SmoothOut 68.68 1.58 102.9927",
        "ResNet44 CIFAR-100 1024 AdaSmoothOut 70.09 0.17 89.0498",
        "AlexNet ImageNet 16384 Baseline 47.64 8.51 623.0147",
        "AlexNet ImageNet 16384 AdaSmoothOut 52.53 3.62 541.2508",
      ]
    `);
    for (const row of [...table1, ...table2, ...table3]) {
      expect(row.seeds).toBe(0);
      const measured = /^(accuracy|sharpness|baseline|smoothout|improvement|gap)/;
      expect(Object.entries(row).filter(([name, value]) => measured.test(name) && value !== '')).toEqual([]);
    }
  });
});

test('the columns are those of the format, in its order', async () => {
  const { table1, table2, table3 } = await tablesOf(await resultsFolder());
  const header = (rows: typeof table1): string[] => parse(csvText(rows))[0]!;
  expect(header(table1)).toEqual([
    ...['dnn', 'dataset', 'data_augment', 'optimizer', 'epochs', 'learning_rate', 'gbn', 'batch_size', 'seeds'],
    ...['accuracy', 'accuracy_ci95', ...sharpness('sharpness'), 'paper_accuracy', 'paper_sharpness'],
  ]);
  expect(header(table2)).toEqual([
    ...['dnn', 'dataset', 'batch_size', 'seeds', 'baseline', 'smoothout', 'improvement', 'improvement_ci95'],
    ...[...sharpness('sharpness_baseline'), ...sharpness('sharpness_smoothout'), 'paper_baseline', 'paper_smoothout'],
    ...['paper_sharpness_baseline', 'paper_sharpness_smoothout'],
  ]);
  expect(header(table3)).toEqual([
    ...['dnn', 'dataset', 'batch_size', 'method', 'seeds', 'accuracy', 'gap', 'gap_ci95', ...sharpness('sharpness')],
    ...['paper_accuracy', 'paper_gap', 'paper_sharpness'],
  ]);
});

describe('with F1 at both batch sizes', () => {
  test('means, intervals and sharpness stand in their cells', async () => {
    const results = await resultsFolder();
    await writeRuns(results, f1Runs(3));
    const { table1, table2 } = await tablesOf(results);
    // Seeds 1–3: 98.02, 98.04, 98.06; t(0.975, 2)·0.02/√3 = 4.3027·0.011547 = 0.0497.
    expect(table1[1]).toMatchObject({
      dnn: 'F1',
      batch_size: 6000,
      seeds: 3,
      accuracy: '98.0400',
      accuracy_ci95: '0.0497',
    });
    // (3000 + 7·seed): mean 3014; (3000 + seed)/50: 60.04; (3000 + seed)/30: 100.0667.
    expect(table1[1]).toMatchObject({
      sharpness: '3014.0000',
      sharpness_keskar: '60.0400',
      sharpness_reference: '100.0667',
    });
    // 0.3 + 0.01 for the odd seeds: 0.31, 0.30, 0.31, paired.
    expect(table2[1]).toMatchObject({
      seeds: 3,
      baseline: '98.0400',
      smoothout: '98.3467',
      improvement: '0.3067',
      improvement_ci95: '0.0143',
    });
    expect(table2[0]!.sharpness_smoothout_reference).toBe('0.0000');
    expect(table2[2]).toMatchObject({ dnn: 'C1', seeds: 0, baseline: '', improvement: '' });
  });

  test('one seed has a mean and no interval', async () => {
    const results = await resultsFolder();
    await writeRuns(results, f1Runs(1));
    const { table1, table2 } = await tablesOf(results);
    expect(table1[0]).toMatchObject({ seeds: 1, accuracy: '98.4200', accuracy_ci95: '' });
    expect(table2[0]).toMatchObject({ improvement: '0.3100', improvement_ci95: '' });
  });

  test('a missing SmoothOut seed makes the improvement unpaired and shows both counts', async () => {
    const results = await resultsFolder();
    await writeRuns(
      results,
      f1Runs(3).filter(({ method, seed }) => method === 'baseline' || seed !== 2),
    );
    const { table2 } = await tablesOf(results);
    expect(table2[1]).toMatchObject({ seeds: '3/2', improvement: '0.3100' });
    // Welch, 1.684 degrees of freedom; the half-width is SciPy's t.ppf(0.975, 1.684)·√(s²/2 + s²/3).
    expect(table2[1]!.improvement_ci95).toBe('0.1195');
  });
});

test('Table 3 takes its gap from the small batch', async () => {
  const results = await resultsFolder();
  const resnet = {
    model: 'resnet44',
    dataset: 'cifar10',
    augment: true,
    schedule: [81, 122, 164].map((epoch, i) => ({ epoch, factor: 10 ** -(i + 1) })),
  };
  const optimizer = { name: 'sgd', learningRate: 0.1, weightDecay: 1e-4 };
  await writeRuns(
    results,
    [1, 2].flatMap((seed) => [
      { experiment: 'sb', seed, bestAccuracy: 93 + seed / 10, config: { ...resnet, optimizer, batchSize: 128 } },
      {
        experiment: 'lb',
        seed,
        method: 'adasmoothout',
        bestAccuracy: 91 + seed / 5,
        config: {
          ...resnet,
          optimizer: { ...optimizer, scaleLearningRate: true },
          batchSize: 2048,
          ghostBatchSize: 128,
        },
      },
    ]),
  );
  const { table1, table3 } = await tablesOf(results);
  expect(table1[6]).toMatchObject({ dnn: 'ResNet44', batch_size: 128, accuracy: '93.1500' });
  expect(table3[0]).toMatchObject({ method: 'Baseline', accuracy: '', gap: '' });
  // 93.1 − 91.2 and 93.2 − 91.4: mean 1.85, t(0.975, 1)·0.05 = 0.6353.
  expect(table3[2]).toMatchObject({
    method: 'AdaSmoothOut',
    seeds: 2,
    accuracy: '91.3000',
    gap: '1.8500',
    gap_ci95: '0.6353',
  });
});
