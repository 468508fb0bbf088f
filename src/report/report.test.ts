import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { writeReport } from './report.js';
import { type FixtureRun, f1Runs, resultsFolder, writeRun, writeRuns } from './testing/fixture-runs.js';
import { countsText, summaryRows } from './text.js';

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
    expect(files).toContain(join(results, 'table1.csv'));
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
  test('a folder without runs, or too deep to have any below it, is refused, and nothing is written', async () => {
    const results = await resultsFolder();
    const refused = { code: 'USAGE', message: expect.stringMatching(/: there is no run in it$/) };
    await expect(report(results)).rejects.toMatchObject(refused);
    await writeRun(results, { experiment: 'f1-lb' });
    await mkdir(join(results, 'runs/f1-lb/baseline/seed-2'));
    await expect(report(join(results, 'runs/f1-lb'))).rejects.toMatchObject(refused);
    expect(await readdir(join(results, 'runs/f1-lb'))).toEqual(['baseline']);
    const beside = { runs: results, out: null, compare: await resultsFolder() };
    await expect(writeReport(beside)).rejects.toMatchObject(refused);
    expect(await readdir(results)).toEqual(['runs']);
  });

  test('runs of which none can be read give the paper with empty cells, and a word about it', async () => {
    const results = await resultsFolder();
    await writeFile(join(await writeRun(results, { experiment: 'f1-lb' }), 'run.json'), '');
    const { problems } = await report(results);
    expect(problems.at(-1)).toEqual({ where: 'runs', what: 'there is no readable run; measured cells are empty' });
    const [header, ...rows] = parse(await readFile(join(results, 'table2.csv'), 'utf8'));
    expect(rows.map((row) => row[header!.indexOf('baseline')])).toEqual(new Array(6).fill(''));
    expect(await readFile(join(results, 'report.html'), 'utf8')).toContain("0 of the paper's 25");
    for (const name of ['runs', 'deviations', 'unfinished', 'spent']) {
      expect(await readFile(join(results, `${name}.csv`), 'utf8')).toMatch(/^[a-z]\w+(,\w+)+\n$/);
    }
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

test('trials of tune are counted, and are no rows of what is printed', async () => {
  const results = await resultsFolder();
  const trial = { experiment: 'f1-lb-tune', config: { validation: 'holdout:5000' } };
  await writeRuns(results, [{ experiment: 'f1-lb' }, { experiment: 'mine' }, trial]);
  const { results: read } = await report(results);
  expect(summaryRows(read).apart.map((row) => row.slice(0, 4).join(' '))).toEqual(['F1 MNIST 6000 Baseline']);
  expect(countsText(read)).toBe("3 completed runs (1 by tune); 1 of the paper's results measured.");
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
  expect(files).toContain(join(left, 'comparison.csv'));
});
