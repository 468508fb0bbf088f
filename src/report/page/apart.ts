/** The section of the page with the runs that are no row of the paper. */

import type { ClaimingGroup } from '../paper/cells.js';
import { DATASET_NAMES, METHOD_NAMES, MODEL_NAMES } from '../paper/rows.js';
import * as cells from './cells.js';
import { type Html, html } from './html.js';
import { type Column, sortableTable } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'Experiment' },
  { title: 'DNN' },
  { title: 'Data set' },
  { title: 'Batch', numeric: true },
  { title: 'Epochs', numeric: true },
  { title: 'Method' },
  { title: 'Best epoch', group: 'Accuracy, %', numeric: true },
  { title: 'Last epoch', group: 'Accuracy, %', numeric: true },
  ...cells.SHARPNESS_COLUMNS.filter(({ paper }) => paper !== true),
  { title: 'Why it is no row of the paper', wrap: true },
];

/** Nothing where every group stands in a table. */
export function apartSection(apart: readonly ClaimingGroup[]): Html | null {
  if (apart.length === 0) return null;
  const rows = apart.map((one) => {
    const { group, claim } = one;
    const { model, dataset, batchSize, epochs, method } = group.runs[0]!.settings;
    const label = group.method === method.name ? '' : ` (${group.method})`;
    const reasons = claim.deviations.length > 0 ? claim.deviations : ['passed over for the group in the table'];
    return [
      { content: html`<a href="#${cells.anchorOf(group)}">${group.experiment}</a>`, sort: group.experiment },
      MODEL_NAMES[model],
      DATASET_NAMES[dataset],
      { content: batchSize, sort: batchSize },
      { content: epochs, sort: epochs },
      `${METHOD_NAMES[method.name]}${label}`,
      cells.accuracyCell(one),
      cells.accuracyCell(one, 'last'),
      ...cells.sharpnessCells(one),
      { content: cells.marksOf(group, [...reasons, ...claim.notes]), sort: reasons.join() },
    ];
  });
  return html`
<section id="apart">
<h2>Other runs</h2>
<p>Shorter than the paper's epochs, on generated data, on a part of the data or with other settings: never to be read as
rows of the tables above.</p>
${sortableTable('Other runs', COLUMNS, rows)}
</section>`;
}
