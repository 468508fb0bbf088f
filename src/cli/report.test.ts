import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { f1Runs, resultsFolder, writeRun, writeRuns } from '../report/testing/fixture-runs.js';
import { smoothout } from './testing/smoothout.js';

test('prints an aligned table on stdout, and what it left out on stderr', async () => {
  const results = await resultsFolder();
  await writeRuns(results, f1Runs(3));
  await writeRun(results, { experiment: 'trial', synthetic: true, config: { epochs: 2 } });
  await writeRun(results, { experiment: 'c1-lb', record: { status: 'interrupted', epochsDone: 3 } });
  const { status, stdout, stderr } = await smoothout`report --runs ${results}`;
  expect(status).toBe(0);
  expect(stdout).toBe(`The paper's tables
DNN  data   batch  method     n   accuracy, %  paper  against baseline  sharpness  Keskar's  code's    paper
F1   MNIST    256  Baseline   3  98.44 ± 0.05  98.49                 –      104.0      1.84  0.0000   0.0000
F1   MNIST    256  SmoothOut  3  98.75 ± 0.05  98.61      +0.31 ± 0.01      20.80    0.3067  0.0000   0.0000
F1   MNIST   6000  Baseline   3  98.04 ± 0.05  98.01                 –       3014     60.04   100.1  57.8246
F1   MNIST   6000  SmoothOut  3  98.35 ± 0.05  98.42      +0.31 ± 0.01      602.8     10.01   100.1   5.4128

Other runs: no rows of the paper
DNN  data   batch  method    n  accuracy, %  paper  against baseline  sharpness  Keskar's  code's  paper
F1   MNIST   6000  Baseline  1        98.00      –                 –          –         –       –      –  generated data; 2 of 200 epochs

13 completed runs; 4 of the paper's results measured. Page: ${join(results, 'report.html')}
`);
  expect(stderr).toBe(
    'c1-lb/baseline/seed-1: interrupted after 3 of 200 epochs; in no mean\n' +
      'wrote 17 files: tables, claims.csv, runs.csv, report.html, figures\n',
  );
});

test('--json prints one object a line, tables as in the CSV files', async () => {
  const results = await resultsFolder();
  const out = await resultsFolder();
  await writeRuns(results, f1Runs(1));
  const { status, json } = await smoothout`report --runs ${results} --out ${out} --json`;
  expect(status).toBe(0);
  expect(json.map(({ kind }) => kind)).toEqual([
    ...new Array(14).fill('table1'),
    ...new Array(6).fill('table2'),
    ...new Array(8).fill('table3'),
    'files',
  ]);
  const csv = (await readFile(join(out, 'table2.csv'), 'utf8')).split('\n');
  const { kind: _, ...row } = json[15];
  expect(Object.keys(row).join()).toBe(csv[0]);
  expect(Object.values(row).join()).toBe(csv[2]);
});

test('a folder that is not there: status 2 and a hint', async () => {
  expect(await smoothout`report --runs /no/such/folder`).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'smoothout: /no/such/folder: there is no such folder\n' +
      'Give the folder that `smoothout run --out` wrote to; without --out that is results.\n',
  });
});
