/** Numbers as a reader of a table wants them, and the tables that `smoothout report` prints. */
import { methodTitle } from '../config/methods.js';
import { datasetTitle } from '../data/catalogue.js';
import { CONVENTION_NAMES } from '../records/sharpness-conventions.js';
import { at } from '../support/at.js';
import { difference, type Estimate, estimate } from '../support/statistics.js';
import { accuracies, averageRemark, type Group, publishedOf, resultOf, sharpness, unfinishedSeeds } from './groups.js';
import { modelTitle } from './paper.js';
import type { Results } from './results.js';

export const NOTHING = '–';

/** Percent or percentage points: two decimals, as in the paper. */
export function percentText(value: number | null | undefined): string {
  return value == null ? NOTHING : value.toFixed(2).replace('-', '−');
}

/** "+0.31" or "−0.02". */
export function signedText(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  return `${value < 0 ? '' : '+'}${percentText(value)}`;
}

/** Sharpness spans seven powers of ten: three significant digits and more, as many decimals as the paper at most. */
export function sharpnessText(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  const size = Math.abs(value);
  if (value !== 0 && size < 5e-5) return value.toExponential(1).replaceAll('-', '−');
  return value.toFixed(decimalsOf(size)).replace('-', '−');
}

function decimalsOf(size: number): number {
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  return size >= 1 ? 2 : 4;
}

/** " ± 0.05", or nothing where there is no interval. */
export function plusMinus(estimate: Estimate | null | undefined): string {
  return estimate?.ci95 == null ? '' : ` ± ${percentText(estimate.ci95)}`;
}

/** "98.40 ± 0.05" */
export const meanText = (estimate: Estimate | null): string => `${percentText(estimate?.mean)}${plusMinus(estimate)}`;

/** "+0.31 ± 0.02" */
export const differenceText = (difference: Estimate | null): string =>
  `${signedText(difference?.mean)}${plusMinus(difference)}`;

/** The same of a sharpness, with as many decimals as its mean has. */
export function sharpnessPlusMinus({ mean, ci95 }: Estimate): string {
  return ci95 === null ? '' : ` ± ${ci95.toFixed(decimalsOf(Math.abs(mean)))}`;
}

/** Whether the 95 % interval leaves out zero. */
export function isClear(difference: Estimate): boolean {
  return difference.ci95 !== null && Math.abs(difference.mean) > difference.ci95;
}

/** One line for every group of runs, those in the paper's tables first. */
export const SUMMARY_HEADER = [
  ...['DNN', 'data', 'batch', 'method', 'n', 'accuracy, %', 'paper', 'against baseline'],
  ...['sharpness', "Keskar's", "code's", 'paper', ''],
];

/** The columns with numbers. */
export const SUMMARY_RIGHT = [2, 4, 5, 6, 7, 8, 9, 10, 11];

/** The groups in the tables and the groups apart, as rows under SUMMARY_HEADER. */
export function summaryRows({ cells }: Results): { inTables: string[][]; apart: string[][] } {
  return {
    inTables: cells.placed.map((group) => summaryRow(group, cells.at(group.standing.row!, 'baseline'))),
    apart: cells.apart.map((group) => summaryRow(group, ownBaseline(group, cells.apart))),
  };
}

/** "12 completed runs (4 by tune); 2 of the paper's results measured." */
export function countsText({ runs, unfinished, groups, cells, outside }: Results): string {
  const byTune = outside.flatMap((group) => (groups.includes(group) ? [] : group.runs)).length;
  const ofTune = byTune > 0 ? ` (${byTune} by tune)` : '';
  return `${runs.length - unfinished.length} completed runs${ofTune}; ${cells.placed.length} of the paper's results measured.`;
}

/** The baseline of the same experiment on the same data. */
function ownBaseline({ experiment, synthetic }: Group, groups: readonly Group[]): Group | null {
  const own = groups.filter(
    (group) => group.method === 'baseline' && group.experiment === experiment && group.synthetic === synthetic,
  );
  return own.length === 1 ? at(own, 0) : null;
}

function summaryRow(group: Group, baseline: Group | null): string[] {
  const { standing, settings } = group;
  const result = resultOf(group);
  const accuracy = estimate([...result.values()])!;
  const published = publishedOf(group);
  const gain = baseline === null || baseline === group ? null : difference(result, accuracies(baseline));
  return [
    modelTitle(settings.model),
    datasetTitle(settings.dataset),
    String(settings.batchSize),
    methodTitle(group.method),
    String(accuracy.n),
    meanText(accuracy),
    percentText(published?.accuracy),
    differenceText(gain),
    ...CONVENTION_NAMES.map((convention) => sharpnessText(sharpness(group, convention)?.mean)),
    published === undefined ? NOTHING : published.sharpness.toFixed(4),
    [...averageRemark(group), ...standing.deviations, ...standing.notes, ...unfinishedSeeds(group)].join('; '),
  ];
}
