import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { writeReport } from './report.js';
import { f1Runs, resultsFolder, writeRun, writeRuns } from './testing/fixture-runs.js';

/** The lines of a CSV file of the report, by column. */
async function linesOf(results: string, name: string): Promise<Record<string, string>[]> {
  await writeReport({ runs: results, out: null, compare: null });
  return parse(await readFile(join(results, name), 'utf8'), { columns: true });
}

test('what the authors’ settings change is named, each with the runs that have it', async () => {
  const results = await resultsFolder();
  await writeRuns(results, f1Runs(1));
  const config = { preset: 'reference', methods: [{ name: 'smoothout', noise: { a: 0.02 } }] };
  await writeRun(results, { experiment: 'as-coded', method: 'smoothout', config });
  await writeRun(results, {
    experiment: 'short',
    config: { epochs: 3, trainLimit: 12000, ghostBatchSize: 6000 },
    synthetic: true,
  });
  await writeRun(results, { experiment: 'f1-lb-tune', config: { epochs: 3, validation: 'holdout:5000' } });
  const lines = await linesOf(results, 'deviations.csv');
  const of = (experiment: string) =>
    lines.filter(({ runs }) => runs!.includes(experiment)).map(({ deviation, here }) => `${deviation}: ${here}`);
  expect(of('as-coded')).toEqual([
    'strength of the noise: a = 0.02: the config does not say how it was chosen',
    'noise over time: falls to 0 around the middle of the training, by a tanh',
    'optimizer’s state: starts over in every epoch, as in the authors’ code',
    'gradient clipping: norm 5',
    'weight decay: 0.0001',
    'batch normalisation’s scale at the start: uniform on [0, 1)',
  ]);
  expect(of('short')).toEqual([
    'data: a generated stand-in',
    'training images: the first 12000',
    'epochs: 3',
    'weight decay: 0',
    'batch normalisation’s scale at the start: 1',
  ]);
  expect(of('f1-lb-tune')).toEqual([]);
  expect(lines.find(({ here }) => here === '0')).toMatchObject({
    paper: expect.stringContaining('not given'),
    runs: 'f1-lb/baseline; f1-lb/smoothout; f1-sb/baseline; f1-sb/smoothout; short/baseline',
  });
});

test('a file of the data set that is not the official one is named', async () => {
  const results = await resultsFolder();
  const data = { synthetic: false, trainImages: 60000, validationImages: 10000 };
  const own = { 'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5' };
  const record = { data: { ...data, digests: { ...own, 't10k-images-idx3-ubyte': '0'.repeat(64) } } };
  await writeRun(results, { experiment: 'f1-lb', record });
  const lines = await linesOf(results, 'deviations.csv');
  expect(lines.filter(({ deviation }) => deviation === 'files of the data set')).toMatchObject([
    { here: 't10k-images-idx3-ubyte not the official file', runs: 'f1-lb/baseline' },
  ]);
});

test('failed, diverged and unfinished runs are listed with their reasons; without any the file has its header', async () => {
  const results = await resultsFolder();
  await writeRun(results, { experiment: 'f1-lb' });
  expect(await linesOf(results, 'unfinished.csv')).toEqual([]);
  const error = { code: 'DIVERGED', message: 'epoch 2: trainLoss is NaN' };
  await writeRun(results, { experiment: 'f1-lb', seed: 2, record: { status: 'diverged', epochsDone: 1, error } });
  await writeRun(results, { experiment: 'f1-lb', seed: 3, record: { status: 'running', epochsDone: 7 } });
  expect(await linesOf(results, 'unfinished.csv')).toMatchObject([
    { folder: 'f1-lb/baseline/seed-2', status: 'diverged', epochs_done: '1', error: 'epoch 2: trainLoss is NaN' },
    { folder: 'f1-lb/baseline/seed-3', status: 'running', epochs_done: '7', error: '' },
  ]);
  expect(await readFile(join(results, 'report.html'), 'utf8')).toContain('epoch 2: trainLoss is NaN');
});

test('hours are those of the device where each epoch was trained, with tuning, failures and sharpness apart', async () => {
  const results = await resultsFolder();
  const at = (device: string, processor: string, fromEpoch: number) => ({
    ...{ command: ['run', 'f1-lb.yaml'], gitCommit: null, lockfile: null, processor, threads: 2 },
    ...{ engine: 'onnx', device, fromEpoch },
  });
  // Four epochs of 1.5 s in metrics.jsonl, the first of them on another machine than the rest.
  const moved = { seconds: 6, environments: [at('cpu', 'EPYC', 0), at('webgpu', 'Xeon', 1)] };
  await writeRun(results, { experiment: 'f1-lb', record: moved, sharpness: { keskar: 1, defined: 2 } });
  await writeRun(results, { experiment: 'f1-lb', seed: 2, record: { seconds: 7200, status: 'failed', epochsDone: 3 } });
  await writeRun(results, {
    experiment: 'f1-lb-tune',
    config: { validation: 'holdout:5000' },
    record: { seconds: 1800 },
  });
  const lines = await linesOf(results, 'spent.csv');
  expect(lines.map((line) => Object.values(line).join())).toEqual([
    'onnx,cpu,EPYC,2,training,completed,1,0.0004',
    'onnx,webgpu,Xeon,2,training,completed,1,0.0013',
    'onnx,cpu,,,sharpness,completed,2,0.0017',
    'onnx,cpu,,,training,failed,1,2.0000',
    'onnx,cpu,,,tuning,completed,1,0.5000',
  ]);
});
