/** What `smoothout report` prints: one line for every group of runs, those in the paper's tables first. */

import type { ClaimingGroup } from './cells.js';
import { NOTHING, percentText, plusMinus, sharpnessText, signedText } from './format.js';
import { DATASET_NAMES, METHOD_NAMES, MODEL_NAMES } from './paper.js';
import type { Results } from './results.js';
import { accuracies, meanAccuracy, sharpness } from './runs.js';
import { CONVENTION_NAMES } from './sharpness-record.js';
import { difference } from './statistics.js';

export const SUMMARY_HEADER = [
  ...['DNN', 'data', 'batch', 'method', 'n', 'accuracy, %', 'paper', 'against baseline'],
  ...['sharpness', "Keskar's", "code's", 'paper', ''],
];

/** The columns with numbers. */
export const SUMMARY_RIGHT = [2, 4, 5, 6, 7, 8, 9, 10, 11];

/** The groups in the tables and the groups apart, as rows under SUMMARY_HEADER. */
export function summaryRows({ cells }: Results): { inTables: string[][]; apart: string[][] } {
  return {
    inTables: cells.placed.map((cell) => summaryRow(cell, cells.at(cell.claim.row!, 'baseline'))),
    apart: cells.apart.map((cell) => summaryRow(cell, ownBaseline(cell, cells.apart))),
  };
}

/** The baseline of the same experiment on the same data. */
function ownBaseline(cell: ClaimingGroup, groups: readonly ClaimingGroup[]): ClaimingGroup | null {
  const isOwn = ({ group }: ClaimingGroup): boolean =>
    group.method === 'baseline' &&
    group.experiment === cell.group.experiment &&
    group.runs[0]!.record.data.synthetic === cell.group.runs[0]!.record.data.synthetic;
  const own = groups.filter(isOwn);
  return own.length === 1 ? own[0]! : null;
}

function summaryRow(cell: ClaimingGroup, baseline: ClaimingGroup | null): string[] {
  const { group, claim } = cell;
  const { model, dataset, batchSize, method } = group.runs[0]!.settings;
  const accuracy = meanAccuracy(group);
  const published = claim.deviations.length === 0 ? claim.row?.results[claim.method!] : undefined;
  const gain =
    baseline === null || baseline === cell ? null : difference(accuracies(group), accuracies(baseline.group));
  const unfinished = group.unfinished.map(({ record }) => `seed ${record.seed} ${record.status}`);
  return [
    MODEL_NAMES[model],
    DATASET_NAMES[dataset],
    String(batchSize),
    group.method === method.name ? METHOD_NAMES[method.name]! : group.method,
    String(accuracy.n),
    `${percentText(accuracy.mean)}${plusMinus(accuracy)}`,
    percentText(published?.accuracy),
    gain === null ? NOTHING : `${signedText(gain.mean)}${plusMinus(gain)}`,
    ...CONVENTION_NAMES.map((convention) => sharpnessText(sharpness(group, convention)?.mean)),
    published === undefined ? NOTHING : published.sharpness.toFixed(4),
    [...claim.deviations, ...claim.notes, ...unfinished].join('; '),
  ];
}
