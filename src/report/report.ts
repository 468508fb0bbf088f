/** Writes the report: the tables and runs as CSV, the figures and the page. */
import { join } from 'node:path';
import { isTuningTrial } from '../config/tuned.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import { writeBundle } from './bundle.js';
import { type CsvRow, csvText } from './csv/cells.js';
import {
  beyondCsv,
  claimCsv,
  comparisonCsv,
  correlationCsv,
  curvatureRowCsv,
  spentCsv,
  UNFINISHED_COLUMNS,
  unfinishedCsv,
} from './csv/other-tables.js';
import { tableRows } from './csv/paper-tables.js';
import { runsCsv } from './csv/runs.js';
import { deviationRows } from './deviations.js';
import { spectrumFigures } from './figures/curvature.js';
import { curveFigures } from './figures/curves.js';
import { drawAll, type Figure } from './figures/drawing.js';
import { measureFigures } from './figures/measures.js';
import { batchSizeFigures, sharpnessGapFigures } from './figures/run-figures.js';
import { strengthFigures } from './figures/strength.js';
import { trainingFigures } from './figures/training-curves.js';
import { reportPage } from './page/page.js';
import { type ComparedResults, compareResults, locateRuns, type Results, readResults } from './results.js';
import type { Problem } from './runs.js';
import { spentRows } from './spent.js';

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
  const figures = await drawFigures(results);
  const contents: Text[] = [
    ...Object.entries(tableRows(results.tables)).map(([name, rows]): Text => [`${name}.csv`, csvText(rows)]),
    ['claims.csv', csvText(results.verdicts.map(claimCsv))],
    ...ifAny('beyond.csv', results.beyond.map(beyondCsv)),
    ...ifAny('correlations.csv', results.correlations.map(correlationCsv)),
    ...ifAny('curvature.csv', results.curvature.map(curvatureRowCsv)),
    ['runs.csv', csvText(runsCsv(results.runs, results.cells.apart))],
    ['deviations.csv', csvText(deviationRows(results.groups))],
    ['unfinished.csv', csvText(results.unfinished.map(unfinishedCsv), UNFINISHED_COLUMNS)],
    ['spent.csv', csvText(spentRows(results.runs).map(spentCsv))],
    ...figures.map(({ name, svg }): Text => [`figures/${name}.svg`, svg]),
    ['report.html', reportPage(results, figures, comparison)],
    ...ifAny('comparison.csv', comparison === null ? [] : comparisonCsv(comparison)),
  ];
  const folder = out ?? paths.results;
  await makeFolder(join(folder, 'figures'));
  for (const [name, text] of contents) await writeFileAtomic(join(folder, name), text);
  if (bundle !== null) await writeBundle(bundle, paths, results, new Map(contents));
  const elsewhere = (other?.problems ?? []).map(({ where, what }) => ({ where: `${compare}: ${where}`, what }));
  const problems = [...results.problems, ...elsewhere];
  return { results, comparison, problems, files: contents.map(([name]) => join(folder, name)) };
}

/** Draws every figure that there are runs or curves for. Trials of `tune` have their own kind and are in no other. */
export function drawFigures({ runs, unfinished, cells, curves, correlations, curvature }: Results): Promise<Figure[]> {
  const all = [...cells.placed, ...cells.apart];
  const groups = all.filter(({ settings }) => !isTuningTrial(settings));
  const { paper, other } = curveFigures(curves.files, cells);
  return drawAll([
    ...batchSizeFigures(groups),
    ...sharpnessGapFigures(runs),
    ...measureFigures(correlations),
    ...spectrumFigures(curvature),
    ...strengthFigures(all, unfinished),
    ...paper,
    ...trainingFigures(groups),
    ...other,
  ]);
}

/** A file by its name. */
type Text = [name: string, text: string];

const ifAny = (name: string, rows: readonly CsvRow[]): Text[] => (rows.length > 0 ? [[name, csvText(rows)]] : []);
