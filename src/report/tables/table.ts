/** A table of the report, described once: its columns say what the page shows of a row, and what the CSV file does. */
import { stringify } from 'csv-stringify/sync';
import { at } from '../../support/at.js';
import { type Content, type Html, html, section } from '../page/html.js';
import { NOTHING } from '../text.js';

/** Null and undefined are an empty cell. */
export type Value = string | number | null | undefined;

export interface Cell {
  readonly content: Content;
  /** What the column is sorted by, where it is not the text of the content. Empty cells stay last. */
  readonly sort?: number | string;
}

export interface Column<Row> {
  /** Its name in the CSV file; without one it is on the page alone. */
  readonly csv?: string;
  /** Its title on the page; without one it is in the CSV file alone. */
  readonly title?: string;
  /** A group of neighbouring columns shares a title above theirs. */
  readonly group?: string;
  readonly numeric?: boolean;
  /** The paper's numbers are set apart from the measured ones. */
  readonly paper?: boolean;
  /** Text that may run over several lines. */
  readonly wrap?: boolean;
  readonly value?: (row: Row) => Value;
  /** What the page says, where that is not the value. */
  readonly cell?: (row: Row) => Cell | Value;
}

interface Description<Row> {
  /** Of the file, without `.csv`, and of the section. */
  readonly name: string;
  readonly title: string;
  /** `maybe`: where there is a row. */
  readonly file: 'always' | 'maybe' | 'never';
  /** What the page's links to the section say; without it there is none, and the table is a file alone. */
  readonly link?: string;
  readonly explanation?: Html;
  /** In the order of the page and, but for the paper's numbers, of the CSV file. */
  readonly columns: readonly Column<Row>[];
  /** By their names the tables of the section, where they are not one with these columns in this order. */
  readonly arranged?: Readonly<Record<string, readonly Column<Row>[]>>;
  readonly rows: readonly Row[];
  /** The rows on the page, where they are not all. */
  readonly shown?: readonly Row[];
}

/** A line of a CSV file: what its columns say. */
export type CsvRow = Readonly<Record<string, string | number>>;

export interface Table extends Pick<Description<never>, 'name' | 'title'> {
  readonly link: string | undefined;
  /** The text of the CSV file; null where there is none. */
  readonly csv: string | null;
  readonly lines: readonly CsvRow[];
  /** Null without a row. */
  readonly section: Html | null;
}

export function table<Row>(description: Description<Row>): Table {
  const { name, title, file, link, explanation, columns, rows, shown = rows } = description;
  const { arranged = { [title]: columns } } = description;
  // On the page the paper's numbers stand beside the measured ones, in the file after them.
  const ordered = [...columns.filter(({ paper }) => !paper), ...columns.filter(({ paper }) => paper)];
  const header = ordered.flatMap(({ csv }) => csv ?? []);
  const lines = rows.map((row) =>
    Object.fromEntries(ordered.flatMap(({ csv, value }) => (csv === undefined ? [] : [[csv, value?.(row) ?? '']]))),
  );
  const tables = Object.entries(arranged).map(([label, of]) => sortableTable(label, of, shown));
  return {
    ...{ name, title, link, lines },
    csv: file === 'always' || (file === 'maybe' && rows.length > 0) ? csvText(header, lines) : null,
    section:
      link === undefined || rows.length === 0
        ? null
        : section(name, title, explanation ? html`<p>${explanation}</p>\n` : null, ...tables),
  };
}

export function csvText(columns: readonly string[], lines: readonly CsvRow[]): string {
  return stringify([...lines], { header: true, columns: [...columns], cast: { string: asText } });
}

/** A spreadsheet would compute text that begins like a formula. */
const asText = (text: string) => (/^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);

/** A table with a button in each header cell, and room to scroll sideways on a narrow screen. */
export function sortableTable<Row>(label: string, all: readonly Column<Row>[], rows: readonly Row[]): Html {
  const columns = all.filter(({ title }) => title !== undefined);
  const kinds = columns.map(({ numeric, paper, wrap }) => {
    const names = [numeric && 'number', paper && 'paper', wrap && 'wrap'].filter(Boolean).join(' ');
    return names === '' ? null : html` class="${names}"`;
  });
  const header = columns.map(
    ({ title }, i) => html`<th scope="col" aria-sort="none"${kinds[i]}><button type="button">${title}</button></th>`,
  );
  const td = (value: Cell | Value, kind: Content): Html => {
    const { content, sort } = asCell(value);
    const key =
      sort === undefined ? null : html` data-sort="${typeof sort === 'number' ? Number(sort.toPrecision(12)) : sort}"`;
    return html`<td${kind}${key}>${content}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table class="sortable">
<thead>${groupRow(columns)}
<tr>${header}</tr></thead>
<tbody>${rows.map(
    (row) => html`
<tr>${columns.map(({ value, cell = value }, i) => td(cell?.(row), kinds[i]))}</tr>`,
  )}
</tbody>
</table>
</div>`;
}

const EMPTY: Cell = { content: html`<span class="empty">${NOTHING}</span>`, sort: '' };

function asCell(value: Cell | Value): Cell {
  if (value === null || value === undefined) return EMPTY;
  if (typeof value === 'object') return value;
  return { content: value, ...(typeof value === 'number' && { sort: value }) };
}

/** The row of group titles, if any column is in a group. */
function groupRow(columns: readonly { readonly group?: string }[]): Html | null {
  if (columns.every(({ group }) => group === undefined)) return null;
  const cells: Html[] = [];
  for (let start = 0; start < columns.length; ) {
    const { group } = at(columns, start);
    let end = start + 1;
    while (group !== undefined && columns[end]?.group === group) end++;
    cells.push(
      group === undefined ? html`<td></td>` : html`<th scope="colgroup" colspan="${end - start}">${group}</th>`,
    );
    start = end;
  }
  return html`
<tr class="groups">${cells}</tr>`;
}
