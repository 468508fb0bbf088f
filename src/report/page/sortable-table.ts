/** A table of the page that its header's buttons sort. */
import { at } from '../../support/at.js';
import type { Column, Value } from '../tables/table.js';
import { NOTHING } from '../text.js';
import { type Content, type Html, html } from './html.js';

export interface Cell {
  readonly content: Content;
  /** What the column is sorted by, where it is not the text of the content. Empty cells stay last. */
  readonly sort?: number | string;
}

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

/**
 * The script that tables need: makes a table sortable by the buttons in its header. A press sorts ascending, the next
 * descending, the third restores the paper's order; `aria-sort` says which. Empty cells stay last either way.
 */
export const SORT_SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const buttons = [...table.querySelectorAll('th button')];
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const compare = (a, b) => (isNaN(a) || isNaN(b) ? a.localeCompare(b, 'en', { numeric: true }) : a - b);
  buttons.forEach((button, column) => {
    button.addEventListener('click', () => {
      const header = button.closest('th');
      const next = { none: 'ascending', ascending: 'descending', descending: 'none' }[header.getAttribute('aria-sort')];
      for (const other of buttons) other.closest('th').setAttribute('aria-sort', 'none');
      header.setAttribute('aria-sort', next);
      const sign = next === 'descending' ? -1 : 1;
      const rows = next === 'none' ? original : [...original].sort((left, right) => {
        const a = key(left, column);
        const b = key(right, column);
        return a === '' || b === '' ? (a === '') - (b === '') : sign * compare(a, b);
      });
      body.append(...rows);
    });
  });
}
`;
