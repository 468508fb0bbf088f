/** The section of the page with two folders of results side by side. */
import type { ComparedPair, Comparison } from '../compare/compare.js';
import { describeGroup } from '../paper/cells.js';
import { METHOD_NAMES } from '../paper/rows.js';
import { nameOf } from '../runs/group.js';
import * as cells from './cells.js';
import { type Html, html } from './html.js';
import { type Cell, type Column, sortableTable } from './table.js';

export function comparisonSection({ names: [left, right], pairs }: Comparison): Html {
  const columns: Column[] = [
    { title: 'Runs' },
    { title: 'Settings', wrap: true },
    { title: 'Method' },
    { title: 'Paper', group: 'Accuracy, %', numeric: true, paper: true },
    { title: left, group: 'Accuracy, %', numeric: true },
    { title: right, group: 'Accuracy, %', numeric: true },
    { title: 'Best epoch', group: `${right} − ${left}, points`, numeric: true },
    { title: 'Last epoch', group: `${right} − ${left}, points`, numeric: true },
    ...[left, right].flatMap((name) =>
      ['As defined', "Keskar's", "Authors' code"].map((title) => ({
        title,
        group: `Sharpness, ${name}`,
        numeric: true,
      })),
    ),
  ];
  return html`
<section id="comparison">
<h2>${left} beside ${right}</h2>
${sortableTable('Comparison', columns, pairs.map(row))}
</section>`;
}

function row({ left, right, settings, difference }: ComparedPair): (Cell | string)[] {
  const present = (left ?? right)!;
  const { row: paperRow, method, deviations } = present.claim;
  const published = deviations.length === 0 && method !== null ? paperRow?.results[method] : undefined;
  return [
    nameOf(present.group),
    { content: [describeGroup(present), settings.map((one) => html` <span class="mark">${one}</span>`)] },
    METHOD_NAMES[present.group.runs[0]!.settings.method.name]!,
    published === undefined ? { content: '', sort: '' } : cells.paperAccuracy(published),
    cells.accuracyCell(left),
    cells.accuracyCell(right),
    cells.differenceCell(difference.best),
    cells.differenceCell(difference.last),
    ...cells.sharpnessCells(left),
    ...cells.sharpnessCells(right),
  ];
}
