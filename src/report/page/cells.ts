/** The cells that the page's tables have in common. */

import type { ClaimingGroup } from '../cells.js';
import { isClear, NOTHING, percentText, plusMinus, sharpnessPlusMinus, sharpnessText, signedText } from '../format.js';
import { DATASET_NAMES, MODEL_NAMES, type PaperResult, type PaperRow } from '../paper.js';
import { type Epoch, type Group, meanAccuracy, sharpness } from '../runs.js';
import { CONVENTION_NAMES } from '../sharpness-record.js';
import type { Difference, Estimate } from '../statistics.js';
import type { Cell, Column } from './html.js';
import { type Html, html } from './html.js';

const EMPTY: Cell = { content: html`<span class="empty">${NOTHING}</span>`, sort: '' };

/** A second line in small print. */
export const small = (...parts: readonly string[]): Html =>
  html`<span class="n">${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ')}</span>`;

/** A mean with its interval and, in small print, over how many seeds. */
function estimateCell(value: Estimate, mean: string, plusOrMinus: string): Cell {
  return { content: [mean, small(plusOrMinus, `n = ${value.n}`)], sort: value.mean };
}

export function accuracyCell(cell: ClaimingGroup | null, epoch: Epoch = 'best'): Cell {
  if (cell === null) return EMPTY;
  const value = meanAccuracy(cell.group, epoch);
  return estimateCell(value, percentText(value.mean), plusMinus(value));
}

export function sharpnessCells(cell: ClaimingGroup | null): Cell[] {
  return CONVENTION_NAMES.map((convention) => {
    const value = cell === null ? null : sharpness(cell.group, convention);
    return value === null ? EMPTY : estimateCell(value, sharpnessText(value.mean), sharpnessPlusMinus(value));
  });
}

/** A difference; strong where its interval leaves out zero. */
export function differenceCell(value: Difference | null): Cell {
  if (value === null) return EMPTY;
  const mean = isClear(value) ? html`<strong>${signedText(value.mean)}</strong>` : signedText(value.mean);
  return {
    content: [mean, small(plusMinus(value), `n = ${value.n}`, value.paired ? '' : 'unpaired')],
    sort: value.mean,
  };
}

export const paperAccuracy = ({ accuracy }: PaperResult): Cell => ({ content: percentText(accuracy), sort: accuracy });
export const paperSharpness = ({ sharpness: value }: PaperResult): Cell => ({ content: value.toFixed(4), sort: value });

/** The network and whose training method it follows, as in the paper's first column. */
export const networkCell = (row: PaperRow): Cell => ({
  content: html`${MODEL_NAMES[row.model]} <span class="after">${row.after}</span>`,
  sort: MODEL_NAMES[row.model],
});

export const datasetCell = (row: PaperRow): string => DATASET_NAMES[row.dataset];
export const batchCell = (row: PaperRow): Cell => ({ content: row.batchSize, sort: row.batchSize });

/** Links to the settings of the groups in a row, with marks for what a reader has to know of them. */
export function runsCell(cells: readonly (ClaimingGroup | null)[]): Cell {
  const present = cells.filter((cell): cell is ClaimingGroup => cell !== null);
  if (present.length === 0) return { content: html`<span class="empty">not run</span>`, sort: '' };
  const experiment = present[0]!.group.experiment;
  return {
    content: present.map(
      ({ group, claim }, i) =>
        html`${i > 0 && html`<br>`}<a href="#${anchorOf(group)}">${group.experiment}/${group.method}</a>${marksOf(group, claim.notes)}`,
    ),
    sort: experiment,
  };
}

export const anchorOf = ({ experiment, method, runs }: Group): string =>
  `runs-${experiment}-${method}-${runs[0]!.record.configHash.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)}`;

export function marksOf(group: Group, marks: readonly string[]): Html[] {
  const unfinished = group.unfinished.map(({ record }) => `seed ${record.seed} ${record.status}`);
  return [...marks, ...unfinished].map((mark) => html` <span class="mark">${mark}</span>`);
}

/** A column for each convention, in the order of `sharpnessCells`. */
export function measuredSharpnessColumns(group: string): Column[] {
  return ['As defined', "Keskar's", "Authors' code"].map((title) => ({ title, group, numeric: true }));
}

export const SHARPNESS_COLUMNS: readonly Column[] = [
  { title: 'Paper', group: 'Sharpness', numeric: true, paper: true },
  ...measuredSharpnessColumns('Sharpness'),
];
