/** Writes the report: the tables and runs as CSV, the figures and the page. */
import { join } from 'node:path';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import { writeBundle } from './bundle.js';
import { batchSizeFigures } from './figures/batch-size.js';
import { spectrumFigures } from './figures/curvature.js';
import { curveFigures } from './figures/curves.js';
import { drawAll, type Figure } from './figures/drawing.js';
import { measureFigures, sharpnessGapFigures } from './figures/measures.js';
import { strengthFigures } from './figures/strength.js';
import { trainingFigures } from './figures/training-curves.js';
import { reportPage } from './page/page.js';
import { locateRuns, type Results, readResults } from './results.js';
import type { Problem } from './runs.js';
import { type ComparedResults, compareResults } from './tables/comparison.js';
import { allTables, type Tables, tablesOf } from './tables/tables.js';

interface ReportOptions {
  /** A folder of results, or of runs. */
  readonly runs: string;
  /** Where the report goes; null: into the folder of results. */
  readonly out: string | null;
  /** A second folder of results to show beside the first. */
  readonly compare: string | null;
  /** A ZIP file for the report and what it was made from. */
  readonly bundle?: string | null;
}

export interface Report {
  readonly results: Results;
  readonly comparison: ComparedResults | null;
  readonly tables: Tables;
  /** Of both folders. */
  readonly problems: readonly Problem[];
  /** The files written, in their order. */
  readonly files: readonly string[];
}

/**
 * Reads the runs and writes table1–3.csv, claims.csv, runs.csv, deviations.csv, unfinished.csv, spent.csv, report.html and
 * figures/*.svg (beyond.csv, correlations.csv, curvature.csv and comparison.csv where there is something for them), each whole or not at all.
 * The same runs give the same bytes: nothing in them depends on the time, the machine or the folder.
 *
 * @throws SmoothOutError USAGE: a folder is not there or has no run, or there is none to bundle; NO_SPACE, OUTPUT_UNWRITABLE. What is wrong with single runs is no
 * error: it is in `problems`.
 */
export async function writeReport({ runs, out, compare, bundle = null }: ReportOptions): Promise<Report> {
  const paths = await locateRuns(runs);
  const other = compare === null ? null : await readResults(await locateRuns(compare));
  const results = await readResults(paths);
  const comparison = other === null ? null : compareResults([runs, compare!], results, other);
  const tables = tablesOf(results, comparison);
  const figures = await drawFigures(results);
  const contents = new Map<string, string>([
    ...allTables(tables).flatMap(({ name, csv }) => (csv === null ? [] : [[`${name}.csv`, csv] as const])),
    ...figures.map(({ name, svg }) => [`figures/${name}.svg`, svg] as const),
    ['report.html', reportPage(results, tables, figures)],
  ]);
  const folder = out ?? paths.results;
  await makeFolder(join(folder, 'figures'));
  for (const [name, text] of contents) await writeFileAtomic(join(folder, name), text);
  if (bundle !== null) await writeBundle(bundle, paths, results, tables, contents);
  const elsewhere = (other?.problems ?? []).map(({ where, what }) => ({ where: `${compare}: ${where}`, what }));
  const problems = [...results.problems, ...elsewhere];
  return { results, comparison, tables, problems, files: [...contents.keys()].map((name) => join(folder, name)) };
}

/** Draws every figure that there are runs or curves for. Trials of `tune` have their own kind and are in no other. */
export function drawFigures(results: Results): Promise<Figure[]> {
  const { runs, unfinished, cells, outside, curves, correlations, curvature } = results;
  const groups = [...cells.placed, ...cells.apart];
  return drawAll([
    ...batchSizeFigures(groups),
    ...sharpnessGapFigures(runs),
    ...measureFigures(correlations),
    ...spectrumFigures(curvature),
    ...strengthFigures(outside, unfinished),
    ...curveFigures(curves.files, cells),
    ...trainingFigures(groups),
  ]);
}
