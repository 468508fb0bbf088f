/** Writes the report: the tables and runs as CSV, the figures and the page. */
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { strengthOf } from '../config/methods.js';
import type { RunSpec } from '../config/schema.js';
import { datasetTitle } from '../data/catalogue.js';
import { CONVENTION_NAMES, type NamedConvention } from '../records/sharpness-conventions.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import type { Difference } from '../support/statistics.js';
import type { BeyondRow } from './beyond.js';
import { curveFigures } from './figures/curves.js';
import { drawAll, type Figure } from './figures/drawing.js';
import { batchSizeFigures, sharpnessGapFigures } from './figures/run-figures.js';
import { trainingFigures } from './figures/training-curves.js';
import { claimOf, type Group, meanAccuracy, seedList, sharpness } from './groups.js';
import { reportPage } from './page/page.js';
import { METHOD_NAMES, modelTitle } from './paper.js';
import {
  type Comparison,
  compareResults,
  locateResults,
  type Results,
  readResults,
  type Table1Row,
  type Table2Row,
  type Table3Row,
  type Tables,
} from './results.js';
import { generalisationGap, measurementOf, type Problem, type Run } from './runs.js';
import { reasonFor, type Verdict, verdicts } from './verdicts.js';

export interface ReportOptions {
  /** A folder of results, or of runs. */
  readonly runs: string;
  /** Where the report goes; null: into the folder of results. */
  readonly out: string | null;
  /** A second folder of results to show beside the first. */
  readonly compare: string | null;
}

export interface Report {
  readonly results: Results;
  readonly comparison: Comparison | null;
  /** Of both folders. */
  readonly problems: readonly Problem[];
  /** The files written, in their order. */
  readonly files: readonly string[];
}

/**
 * Reads the runs and writes table1–3.csv, claims.csv, runs.csv, report.html and figures/*.svg (beyond.csv and
 * comparison.csv where there is something for them), each whole or not
 * at all. The same runs give the same bytes: nothing in them depends on the time, the machine or the folder.
 *
 * @throws SmoothOutError USAGE: a folder is not there; NO_SPACE, OUTPUT_UNWRITABLE. What is wrong with single runs is no
 * error: it is in `problems`.
 */
export async function writeReport({ runs, out, compare }: ReportOptions): Promise<Report> {
  const paths = await locateResults(runs);
  const other = compare === null ? null : await readResults(await locateResults(compare));
  const results = await readResults(paths);
  const comparison = other === null ? null : compareResults([runs, compare!], results, other);
  const figures = await drawFigures(results);
  const { table1, table2, table3 } = tableRows(results.tables);
  const contents: [name: string, text: string][] = [
    ['table1.csv', csvText(table1)],
    ['table2.csv', csvText(table2)],
    ['table3.csv', csvText(table3)],
    ['claims.csv', csvText(verdicts(results.groups).map(claimCsv))],
    ...(results.beyond.length > 0 ? [['beyond.csv', csvText(results.beyond.map(beyondCsv))] as [string, string]] : []),
    ['runs.csv', csvText(runsCsv(results.runs, results.cells.apart))],
    ...figures.map(({ name, svg }): [string, string] => [`figures/${name}.svg`, svg]),
    ['report.html', reportPage(results, figures, comparison)],
  ];
  if (comparison !== null) contents.push(['comparison.csv', csvText(comparisonCsv(comparison))]);
  const folder = out ?? paths.results;
  await makeFolder(join(folder, 'figures'));
  for (const [name, text] of contents) await writeFileAtomic(join(folder, name), text);
  const elsewhere = (other?.problems ?? []).map(({ where, what }) => ({ where: `${compare}: ${where}`, what }));
  const problems = [...results.problems, ...elsewhere];
  return { results, comparison, problems, files: contents.map(([name]) => join(folder, name)) };
}

/** Draws every figure that there are runs or curves for. */
export function drawFigures({ runs, cells, curves }: Results): Promise<Figure[]> {
  const groups = [...cells.placed, ...cells.apart];
  const { paper, other } = curveFigures(curves.files, cells);
  return drawAll([
    ...batchSizeFigures(groups),
    ...sharpnessGapFigures(runs),
    ...paper,
    ...trainingFigures(groups),
    ...other,
  ]);
}

/** One line of a CSV file; the order of its keys is the order of the columns. */
type CsvRow = Readonly<Record<string, string | number>>;

/** Four decimals, as the paper gives its sharpness: a tenth of what one image in a test set of 10,000 is worth, and less. */
const decimal = (value: number | null | undefined): string => (value == null ? '' : value.toFixed(4));
const percent = (value: number): string => value.toFixed(2);

/** Wherever a sharpness column stands, the two other conventions follow it. */
function conventionColumns(name: string, of: (convention: NamedConvention) => number | undefined): CsvRow {
  return Object.fromEntries(
    CONVENTION_NAMES.map((convention) => [
      convention === 'defined' ? name : `${name}_${convention}`,
      decimal(of(convention)),
    ]),
  );
}

/** The mean sharpness over seeds, in each convention. */
function sharpnessColumns(name: string, group: Group | null): CsvRow {
  return conventionColumns(name, (convention) => (group === null ? undefined : sharpness(group, convention)?.mean));
}

const seeds = (group: Group | null): number => group?.runs.length ?? 0;
const accuracy = (group: Group | null) => (group === null ? null : meanAccuracy(group));
const named = ({ model, dataset }: Pick<RunSpec, 'model' | 'dataset'>): CsvRow => ({
  dnn: modelTitle(model),
  dataset: datasetTitle(dataset),
});

function differenceColumns(name: string, value: Difference | null): CsvRow {
  return { [name]: decimal(value?.mean), [`${name}_ci95`]: decimal(value?.ci95) };
}

function table1Csv({ row, paper, baseline }: Table1Row): CsvRow {
  return {
    ...named(row),
    data_augment: row.augment ? 'Yes' : 'No',
    optimizer: row.optimizer === 'adam' ? 'Adam' : 'Momentum',
    epochs: row.epochs,
    learning_rate: row.learningRate,
    gbn: row.ghostBatches ? 'Yes' : 'No',
    batch_size: row.batchSize,
    seeds: seeds(baseline),
    accuracy: decimal(accuracy(baseline)?.mean),
    accuracy_ci95: decimal(accuracy(baseline)?.ci95),
    ...sharpnessColumns('sharpness', baseline),
    paper_accuracy: percent(paper.accuracy),
    paper_sharpness: decimal(paper.sharpness),
  };
}

/** `seeds` is one number where both sides have as many, else "baseline's/SmoothOut's". */
function table2Csv({ row, paper, baseline, smoothout, improvement }: Table2Row): CsvRow {
  return {
    ...named(row),
    batch_size: row.batchSize,
    seeds: seeds(baseline) === seeds(smoothout) ? seeds(baseline) : `${seeds(baseline)}/${seeds(smoothout)}`,
    baseline: decimal(accuracy(baseline)?.mean),
    smoothout: decimal(accuracy(smoothout)?.mean),
    ...differenceColumns('improvement', improvement.best),
    ...sharpnessColumns('sharpness_baseline', baseline),
    ...sharpnessColumns('sharpness_smoothout', smoothout),
    paper_baseline: percent(paper.baseline.accuracy),
    paper_smoothout: percent(paper.smoothout.accuracy),
    paper_sharpness_baseline: decimal(paper.baseline.sharpness),
    paper_sharpness_smoothout: decimal(paper.smoothout.sharpness),
  };
}

function table3Csv({ row, method, paper, group, gap }: Table3Row): CsvRow {
  return {
    ...named(row),
    batch_size: row.batchSize,
    method: METHOD_NAMES[method]!,
    seeds: seeds(group),
    accuracy: decimal(accuracy(group)?.mean),
    ...differenceColumns('gap', gap.best),
    ...sharpnessColumns('sharpness', group),
    paper_accuracy: percent(paper.accuracy),
    paper_gap: percent(paper.gap),
    paper_sharpness: decimal(paper.sharpness),
  };
}

/** Of experiments beyond the paper: no column of it is the paper's. */
function beyondCsv({ group, average, improvement, gap, gradientEvaluations, seconds }: BeyondRow): CsvRow {
  return {
    experiment: group.experiment,
    ...named(group.settings),
    batch_size: group.settings.batchSize,
    method: group.method,
    strength: strengthOf(group.settings.method) ?? '',
    seeds: seeds(group),
    accuracy: decimal(accuracy(group)?.mean),
    accuracy_ci95: decimal(accuracy(group)?.ci95),
    average_accuracy: decimal(average?.mean),
    average_accuracy_ci95: decimal(average?.ci95),
    ...differenceColumns('improvement', improvement),
    generalisation_gap: decimal(gap?.mean),
    ...sharpnessColumns('sharpness', group),
    gradient_evaluations: gradientEvaluations === null ? '' : Math.round(gradientEvaluations.mean),
    seconds: Math.round(seconds.mean),
    generated_data: group.synthetic ? 'yes' : 'no',
  };
}

export function csvText(rows: readonly CsvRow[]): string {
  return stringify([...rows], { header: true, columns: Object.keys(rows[0] ?? {}) });
}

export function tableRows(tables: Tables): Readonly<Record<'table1' | 'table2' | 'table3', CsvRow[]>> {
  return {
    table1: tables.table1.map(table1Csv),
    table2: tables.table2.map(table2Csv),
    table3: tables.table3.map(table3Csv),
  };
}

/** `effect` is in the direction of the claim: above 0 is as the paper says. */
function claimCsv(claim: Verdict): CsvRow {
  const { statement, table, row, preset, quantity, word, effect, published, seedsNeeded, more, less } = claim;
  const runsOf = (group: Group | null) => (group === null ? '' : `${group.name} ${seedList(group)}`);
  return {
    claim: statement,
    table,
    ...named(row),
    preset,
    quantity: quantity === 'accuracy' ? quantity : `sharpness, ${quantity}`,
    verdict: word,
    ...differenceColumns('effect', effect),
    paired: effect === null ? '' : effect.paired ? 'yes' : 'no',
    paper_effect: decimal(published),
    seeds_needed: seedsNeeded ?? '',
    reason: reasonFor(claim),
    more: runsOf(more),
    less: runsOf(less),
  };
}

/**
 * Every run that was read, finished or not: both accuracies, every sharpness, and where it stands. `in_tables` is "yes"
 * for the runs that the tables' means are over; `deviations` says why not of the others.
 */
function runsCsv(runs: readonly Run[], apart: readonly Group[]): CsvRow[] {
  const apartRuns = new Set(apart.flatMap((group) => group.runs));
  return runs.map((run) => {
    const { record, settings } = run;
    const claim = claimOf(run);
    const finished = record.status === 'completed';
    return {
      folder: run.folder,
      status: record.status,
      ...named(settings),
      generated_data: record.data.synthetic ? 'yes' : 'no',
      method: settings.method.name,
      a: 'noise' in settings.method ? (settings.method.noise?.a ?? '') : '',
      preset: settings.preset,
      batch_size: settings.batchSize,
      ghost_batch_size: settings.ghostBatchSize ?? '',
      epochs: record.epochs,
      epochs_done: record.epochsDone,
      seed: record.seed,
      best_epoch: record.bestEpoch ?? '',
      best_accuracy: decimal(record.bestAccuracy),
      last_accuracy: decimal(record.finalAccuracy),
      generalisation_gap: decimal(generalisationGap(run)),
      ...conventionColumns('sharpness', (convention) => measurementOf(run, convention)?.value),
      images_per_second: record.imagesPerSecond === null ? '' : Math.round(record.imagesPerSecond),
      seconds: Math.round(record.seconds),
      engine: record.engine,
      device: record.device,
      in_tables: finished && !apartRuns.has(run) ? 'yes' : 'no',
      deviations: [...(finished ? [] : [record.status]), ...claim.deviations].join('; '),
      notes: claim.notes.join('; '),
    };
  });
}

/** A line for each pair; `left` and `right` are the folders in the order they were given. */
export function comparisonCsv({ pairs }: Comparison): CsvRow[] {
  return pairs.map(({ left, right, difference, settings }) => {
    const { experiment, method, settings: own, claim } = (left ?? right)!;
    return {
      experiment,
      method,
      ...named(own),
      batch_size: own.batchSize,
      ...side('left', left),
      ...side('right', right),
      ...differenceColumns('difference', difference.best),
      deviations: claim.deviations.join('; '),
      settings_left_right: settings.join('; '),
    };
  });
}

function side(name: string, group: Group | null): CsvRow {
  return {
    [`${name}_seeds`]: seeds(group),
    [`${name}_accuracy`]: decimal(accuracy(group)?.mean),
    [`${name}_accuracy_ci95`]: decimal(accuracy(group)?.ci95),
    ...sharpnessColumns(`${name}_sharpness`, group),
  };
}
