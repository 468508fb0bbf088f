import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { readResults } from '../results.js';
import { f1Runs, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { paperTables } from './paper-tables.js';

async function tablesOf(results: string) {
  const tables = paperTables((await readResults({ runs: `${results}/runs`, results })).cells);
  const [table1, table2, table3] = tables.map(({ lines }) => lines);
  return { table1: table1!, table2: table2!, table3: table3!, headers: tables.map(({ csv }) => parse(csv!)[0]) };
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
  const [table1, table2, table3] = (await tablesOf(await resultsFolder())).headers;
  expect(table1).toEqual([
    ...['dnn', 'dataset', 'data_augment', 'optimizer', 'epochs', 'learning_rate', 'gbn', 'batch_size', 'seeds'],
    ...['accuracy', 'accuracy_ci95', ...sharpness('sharpness'), 'paper_accuracy', 'paper_sharpness'],
  ]);
  expect(table2).toEqual([
    ...['dnn', 'dataset', 'batch_size', 'seeds', 'baseline', 'smoothout', 'improvement', 'improvement_ci95'],
    ...[...sharpness('sharpness_baseline'), ...sharpness('sharpness_smoothout'), 'paper_baseline', 'paper_smoothout'],
    ...['paper_sharpness_baseline', 'paper_sharpness_smoothout'],
  ]);
  expect(table3).toEqual([
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
