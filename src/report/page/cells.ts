/** What tables of the page are made of: sections, columns, and the cells of groups of runs. */
import { METHOD_TITLES } from '../../config/methods.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import { at } from '../../support/at.js';
import type { Difference, Estimate } from '../../support/statistics.js';
import { durationText } from '../../support/words.js';
import { type Epoch, type Group, meanAccuracy, sharpness, unfinishedSeeds } from '../groups.js';
import { CONVENTION_TITLES } from '../measures.js';
import type { PaperResult } from '../paper.js';
import { isClear, NOTHING, percentText, plusMinus, sharpnessPlusMinus, sharpnessText, signedText } from '../text.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

export function section(id: string, title: string, ...contents: readonly Html[]): Html {
  return html`
<section id="${id}">
<h2>${title}</h2>
${contents}
</section>`;
}

/** A section of one table under the paragraph that explains it; nothing where there is no row. */
export function tableSection<Row>(
  id: string,
  title: string,
  explanation: Html,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html | null {
  if (rows.length === 0) return null;
  return section(id, title, html`<p>${explanation}</p>\n`, sortableTable(title, columns, rows));
}

/** "SmoothOut", with the method's label in brackets where that is another. */
export const labelledMethod = ({ method: label, settings: { method } }: Group): string =>
  `${METHOD_TITLES[method.name]}${label === method.name ? '' : ` (${label})`}`;

/** Links to the settings of the row's group. */
export function experimentColumn<Row>(of: (row: Row) => Group): Column<Row> {
  return {
    title: 'Experiment',
    cell: (row) => {
      const { experiment } = of(row);
      return { content: groupLink(of(row), experiment), sort: experiment };
    },
  };
}

export function paperColumn<Row>(group: string, cell: (row: Row) => Cell): Column<Row> {
  return { title: 'Paper', group, numeric: true, paper: true, cell };
}

export function accuracyColumns<Row>(paper: (row: Row) => PaperResult, of: (row: Row) => Group | null): Column<Row>[] {
  return [paperColumn('Accuracy, %', (row) => percentCell(paper(row).accuracy)), ...measuredAccuracyColumns(of)];
}

export function measuredAccuracyColumns<Row>(of: (row: Row) => Group | null): Column<Row>[] {
  return atBothEpochs('Accuracy, %', (row, epoch) => accuracyCell(of(row), epoch));
}

/** Strong where the interval leaves out zero. */
export function differenceColumns<Row>(
  group: string,
  of: (row: Row) => Record<Epoch, Difference | null>,
): Column<Row>[] {
  return atBothEpochs(group, (row, epoch) => differenceCell(of(row)[epoch]));
}

export function differenceCell(value: Difference | null): Cell {
  if (value === null) return EMPTY;
  const mean = isClear(value) ? html`<strong>${signedText(value.mean)}</strong>` : signedText(value.mean);
  const print = small(plusMinus(value), `n = ${value.n}`, value.paired ? '' : 'unpaired');
  return { content: [mean, print], sort: value.mean };
}

function atBothEpochs<Row>(group: string, cell: (row: Row, epoch: Epoch) => Cell): Column<Row>[] {
  return (['best', 'last'] as const).map((epoch) => ({
    title: epoch === 'best' ? 'Best epoch' : 'Last epoch',
    group,
    numeric: true,
    cell: (row) => cell(row, epoch),
  }));
}

export function sharpnessColumns<Row>(
  group: string,
  paper: (row: Row) => PaperResult,
  of: (row: Row) => Group | null,
): Column<Row>[] {
  return [
    paperColumn(group, (row) => ({ content: paper(row).sharpness.toFixed(4), sort: paper(row).sharpness })),
    ...perConvention(group, (row: Row, convention) => sharpnessCell(of(row), convention)),
  ];
}

/** A column for each convention of the sharpness. */
export function perConvention<Row>(
  group: string,
  cell: (row: Row, convention: NamedConvention) => Cell,
): Column<Row>[] {
  return CONVENTION_NAMES.map((convention) => ({
    title: CONVENTION_TITLES[convention].column,
    group,
    numeric: true,
    cell: (row) => cell(row, convention),
  }));
}

export const EMPTY: Cell = { content: html`<span class="empty">${NOTHING}</span>`, sort: '' };

/** A second line in small print. */
export const small = (...parts: readonly string[]): Html =>
  html`<span class="n">${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ')}</span>`;

export const durationCell = (seconds: number): Cell => ({ content: durationText(seconds), sort: seconds });

export const percentCell = (value: number): Cell => ({ content: percentText(value), sort: value });

/** A mean, by default a percentage, with its interval and, in small print, over how many seeds. */
export function estimateCell(
  value: Estimate | null,
  text: (mean: number) => string = percentText,
  interval: (value: Estimate) => string = plusMinus,
): Cell {
  if (value === null) return EMPTY;
  return { content: [text(value.mean), small(interval(value), `n = ${value.n}`)], sort: value.mean };
}

export const accuracyCell = (group: Group | null, epoch: Epoch = 'best'): Cell =>
  estimateCell(group && meanAccuracy(group, epoch));

export const sharpnessCell = (group: Group | null, convention: NamedConvention): Cell =>
  estimateCell(group && sharpness(group, convention), sharpnessText, sharpnessPlusMinus);

/** A link to the settings of a group. */
export const groupLink = (group: Group, text = group.name): Html => html`<a href="#${anchorOf(group)}">${text}</a>`;

/** Links to the settings of the groups in a row, with marks for what a reader has to know of them. */
export function runsCell(groups: readonly (Group | null)[]): Cell {
  const present = groups.filter((group) => group !== null);
  if (present.length === 0) return { content: html`<span class="empty">not run</span>`, sort: '' };
  return {
    content: present.map(
      (group, i) => html`${i > 0 && html`<br>`}${groupLink(group)}${marksOf(group, group.standing.notes)}`,
    ),
    sort: at(present, 0).experiment,
  };
}

export const anchorOf = ({ experiment, method, runs }: Group): string =>
  `runs-${experiment}-${method}-${runs[0].record.configHash.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)}`;

export const mark = (text: string): Html => html` <span class="mark">${text}</span>`;

export function marksOf(group: Group, marks: readonly string[]): Html[] {
  return [...marks, ...unfinishedSeeds(group)].map(mark);
}
