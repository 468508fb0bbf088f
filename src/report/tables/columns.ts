/** Columns that several tables have, and their cells: groups of runs, accuracies, differences, sharpness, the paper's numbers. */
import { METHOD_TITLES } from '../../config/methods.js';
import type { RunSpec } from '../../config/schema.js';
import { datasetTitle } from '../../data/catalogue.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import { at } from '../../support/at.js';
import type { Difference, Estimate } from '../../support/statistics.js';
import { durationText } from '../../support/words.js';
import { accuracyDifference, type Epoch, type Group, meanAccuracy, sharpness, unfinishedSeeds } from '../groups.js';
import { CONVENTION_TITLES } from '../measures.js';
import { type Html, html } from '../page/html.js';
import { modelTitle } from '../paper.js';
import { isClear, percentText, plusMinus, sharpnessPlusMinus, sharpnessText, signedText } from '../text.js';
import type { Cell, Column, Value } from './table.js';

/** Four decimals, as the paper gives its sharpness: a tenth of what one image in a test set of 10,000 is worth, and less. */
export const decimal = (value: number | null | undefined): string => (value == null ? '' : value.toFixed(4));
export const yesNo = (is: boolean): string => (is ? 'yes' : 'no');

export const networkColumns = <Row>(of: (row: Row) => Pick<RunSpec, 'model' | 'dataset'>): Column<Row>[] => [
  { csv: 'dnn', title: 'DNN', value: (row) => modelTitle(of(row).model) },
  { csv: 'dataset', title: 'Data set', value: (row) => datasetTitle(of(row).dataset) },
];

/** What a group of runs is, with a link to its settings. */
export const groupColumns = <Row>(of: (row: Row) => Group): Column<Row>[] => [
  {
    csv: 'experiment',
    title: 'Experiment',
    value: (row) => of(row).experiment,
    cell: (row) => ({ content: groupLink(of(row), of(row).experiment), sort: of(row).experiment }),
  },
  ...networkColumns((row: Row) => of(row).settings),
  { csv: 'batch_size', title: 'Batch', numeric: true, value: (row) => of(row).settings.batchSize },
  { csv: 'method', title: 'Method', value: (row) => of(row).method, cell: (row) => labelledMethod(of(row)) },
];

/** "SmoothOut", with the method's label in brackets where that is another. */
const labelledMethod = ({ method: label, settings: { method } }: Group): string =>
  `${METHOD_TITLES[method.name]}${label === method.name ? '' : ` (${label})`}`;

export const seeds = (group: Group | null): number => group?.runs.length ?? 0;

/** A mean or a difference; in the CSV file the half-width of its interval follows it. */
export function estimateColumns<Row, E extends Estimate>(
  named: { readonly csv: string; readonly title: string; readonly group?: string },
  of: (row: Row) => E | null,
  cell: (value: E, row: Row) => Cell | null = (value) => estimateCell(value),
  text: (value: number | null | undefined) => string = decimal,
): Column<Row>[] {
  return [
    {
      ...{ ...named, numeric: true, value: (row) => text(of(row)?.mean) },
      cell(row) {
        const value = of(row);
        return value && cell(value, row);
      },
    },
    { csv: `${named.csv}_ci95`, value: (row) => text(of(row)?.ci95) },
  ];
}

/** At the best epoch, with its interval, and on the page at the last one too. */
export function accuracyColumns<Row>(of: (row: Row) => Group | null): Column<Row>[] {
  const group = 'Accuracy, %';
  return [
    ...estimateColumns({ csv: 'accuracy', title: 'Best epoch', group }, (row: Row) => accuracy(of(row))),
    { title: 'Last epoch', group, numeric: true, cell: (row) => estimateCell(accuracy(of(row), 'last')) },
  ];
}

export const accuracy = (group: Group | null, epoch: Epoch = 'best'): Estimate | null =>
  group && meanAccuracy(group, epoch);

/** left − right in percentage points, at both epochs. */
export function differenceColumns<Row>(
  csv: string,
  group: string,
  left: (row: Row) => Group | null,
  right: (row: Row) => Group | null,
): Column<Row>[] {
  const points = (row: Row, epoch: Epoch) => accuracyDifference(left(row), right(row), epoch);
  return [
    ...estimateColumns({ csv, title: 'Best epoch', group }, (row: Row) => points(row, 'best'), differenceCell),
    { title: 'Last epoch', group, numeric: true, cell: (row) => differenceCell(points(row, 'last')) },
  ];
}

/** The mean over seeds in each convention. */
export const sharpnessColumns = <Row>(csv: string, group: string, of: (row: Row) => Group | null): Column<Row>[] =>
  conventionColumns(csv, group, (row, convention) => {
    const own = of(row);
    const mean = own && sharpness(own, convention);
    return { value: mean?.mean, cell: sharpnessCell(mean) };
  });

/** Wherever a sharpness column stands, the two other conventions follow it. */
export function conventionColumns<Row>(
  name: string,
  group: string,
  of: (row: Row, convention: NamedConvention) => { readonly value: number | undefined; readonly cell: Cell | null },
): Column<Row>[] {
  return CONVENTION_NAMES.map((convention) => ({
    csv: convention === 'defined' ? name : `${name}_${convention}`,
    ...{ title: CONVENTION_TITLES[convention].column, group, numeric: true },
    value: (row) => decimal(of(row, convention).value),
    cell: (row) => of(row, convention).cell,
  }));
}

export const paperColumn = <Row>(csv: string | undefined, group: string, value: (row: Row) => Value): Column<Row> => ({
  ...(csv !== undefined && { csv }),
  ...{ title: 'Paper', group, numeric: true, paper: true, value },
});

export const durationCell = (seconds: number): Cell => ({ content: durationText(seconds), sort: seconds });

/** A second line in small print. */
export const small = (...parts: readonly string[]): Html =>
  html`<span class="n">${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ')}</span>`;

/** A mean, by default a percentage, with its interval and, in small print, over how many seeds. */
export function estimateCell(
  value: Estimate | null,
  text: (mean: number) => string = percentText,
  interval: (value: Estimate) => string = plusMinus,
): Cell | null {
  if (value === null) return null;
  return { content: [text(value.mean), small(interval(value), `n = ${value.n}`)], sort: value.mean };
}

export const sharpnessCell = (value: Estimate | null): Cell | null =>
  estimateCell(value, sharpnessText, sharpnessPlusMinus);

/** Strong where the interval leaves out zero. */
export function differenceCell(value: Difference | null): Cell | null {
  if (value === null) return null;
  const mean = isClear(value) ? html`<strong>${signedText(value.mean)}</strong>` : signedText(value.mean);
  const print = small(plusMinus(value), `n = ${value.n}`, value.paired ? '' : 'unpaired');
  return { content: [mean, print], sort: value.mean };
}

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

/** A link to the settings of a group. */
const groupLink = (group: Group, text = group.name): Html => html`<a href="#${anchorOf(group)}">${text}</a>`;

export const anchorOf = ({ experiment, method, runs }: Group): string =>
  `runs-${experiment}-${method}-${runs[0].record.configHash.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)}`;

export const mark = (text: string): Html => html` <span class="mark">${text}</span>`;

export function marksOf(group: Group, marks: readonly string[]): Html[] {
  return [...marks, ...unfinishedSeeds(group)].map(mark);
}
