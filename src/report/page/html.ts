/** HTML from templates, and sortable tables. */

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text with nothing in it that HTML gives a meaning to, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (Array.isArray(content)) return content.map(render).join('');
  if (typeof content === 'object') return (content as Html).html;
  return escapeHtml(String(content));
}

/** A template of HTML: what is put into it is escaped unless it is Html; null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: strings.reduce((text, string, i) => text + render(contents[i - 1]) + string) };
}

/** Trusted text, as it is. */
export function raw(text: string): Html {
  return { html: text };
}

export interface Column {
  readonly title: string;
  /** A group of neighbouring columns shares a title above theirs. */
  readonly group?: string;
  readonly numeric?: boolean;
  /** The paper's numbers are set apart from the measured ones. */
  readonly paper?: boolean;
  /** Text that may run over several lines. */
  readonly wrap?: boolean;
}

export interface Cell {
  readonly content: Content;
  /** What the column is sorted by, where it is not the text of the content. Empty cells stay last. */
  readonly sort?: number | string;
}

/** A table with a button in each header cell, and room to scroll sideways on a narrow screen. */
export function sortableTable(
  label: string,
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
): Html {
  const kind = ({ numeric, paper, wrap }: Column): Html | null => {
    const names = [numeric && 'number', paper && 'paper', wrap && 'wrap'].filter(Boolean).join(' ');
    return names === '' ? null : html` class="${names}"`;
  };
  const header = columns.map(
    (column) =>
      html`<th scope="col" aria-sort="none"${kind(column)}><button type="button">${column.title}</button></th>`,
  );
  const cell = (value: Cell | string, column: Column): Html => {
    const { content, sort } = typeof value === 'string' ? { content: value } : value;
    const key =
      sort === undefined ? null : html` data-sort="${typeof sort === 'number' ? Number(sort.toPrecision(12)) : sort}"`;
    return html`<td${kind(column)}${key}>${content}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table class="sortable">
<thead>${groupRow(columns)}
<tr>${header}</tr></thead>
<tbody>${rows.map(
    (row) => html`
<tr>${row.map((value, i) => cell(value, columns[i]!))}</tr>`,
  )}
</tbody>
</table>
</div>`;
}

/** The row of group titles, if any column is in a group. */
function groupRow(columns: readonly Column[]): Html | null {
  if (columns.every(({ group }) => group === undefined)) return null;
  const cells: Html[] = [];
  for (let start = 0; start < columns.length; ) {
    const { group } = columns[start]!;
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
