/** The sections of the page with tables: the paper's, the runs that are no row of the paper, and two folders side by side. */

import { type ClaimingGroup, describeGroup } from '../cells.js';
import type { ComparedPair, Comparison } from '../compare.js';
import { percentText } from '../format.js';
import { DATASET_NAMES, METHOD_NAMES, MODEL_NAMES, type PaperRow } from '../paper.js';
import type { Tables } from '../results.js';
import { nameOf } from '../runs.js';
import * as cells from './cells.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

const NETWORK: readonly Column[] = [{ title: 'DNN' }, { title: 'Data set' }, { title: 'Batch', numeric: true }];

const ACCURACY: readonly Column[] = [
  { title: 'Paper', group: 'Accuracy, %', numeric: true, paper: true },
  { title: 'Best epoch', group: 'Accuracy, %', numeric: true },
  { title: 'Last epoch', group: 'Accuracy, %', numeric: true },
];

export function table1Section({ table1 }: Tables): Html {
  const columns: Column[] = [
    ...NETWORK,
    { title: 'Training' },
    ...ACCURACY,
    ...cells.SHARPNESS_COLUMNS,
    { title: 'Runs' },
  ];
  const rows = table1.map(({ row, paper, baseline }) => [
    cells.networkCell(row),
    cells.datasetCell(row),
    cells.batchCell(row),
    trainingCell(row),
    cells.paperAccuracy(paper),
    cells.accuracyCell(baseline),
    cells.accuracyCell(baseline, 'last'),
    cells.paperSharpness(paper),
    ...cells.sharpnessCells(baseline),
    cells.runsCell([baseline]),
  ]);
  return section('table-1', 'Table 1: baseline models', sortableTable('Table 1', columns, rows));
}

function trainingCell(row: PaperRow): Cell {
  const optimizer = `${row.optimizer === 'adam' ? 'Adam' : 'Momentum'} ${row.learningRate}`;
  const more = [`${row.epochs} epochs`, row.augment ? 'augmented' : '', row.ghostBatches ? 'GBN' : ''];
  return { content: [optimizer, cells.small(...more)], sort: optimizer };
}

export function table2Section({ table2 }: Tables): Html {
  const columns: Column[] = [
    ...NETWORK,
    { title: 'Paper', group: 'Baseline, %', numeric: true, paper: true },
    { title: 'Measured', group: 'Baseline, %', numeric: true },
    { title: 'Paper', group: 'SmoothOut, %', numeric: true, paper: true },
    { title: 'Measured', group: 'SmoothOut, %', numeric: true },
    { title: 'Paper', group: 'Improvement, points', numeric: true, paper: true },
    { title: 'Best epoch', group: 'Improvement, points', numeric: true },
    { title: 'Last epoch', group: 'Improvement, points', numeric: true },
    { title: 'Runs' },
  ];
  const rows = table2.map(({ row, paper, baseline, smoothout, improvement }) => {
    const paperImprovement = paper.smoothout.accuracy - paper.baseline.accuracy;
    return [
      cells.networkCell(row),
      cells.datasetCell(row),
      cells.batchCell(row),
      cells.paperAccuracy(paper.baseline),
      cells.accuracyCell(baseline),
      cells.paperAccuracy(paper.smoothout),
      cells.accuracyCell(smoothout),
      { content: `+${percentText(paperImprovement)}`, sort: paperImprovement },
      cells.differenceCell(improvement.best),
      cells.differenceCell(improvement.last),
      cells.runsCell([baseline, smoothout]),
    ];
  });
  const sharpnessColumns: Column[] = [
    ...NETWORK,
    ...(['Baseline', 'SmoothOut'] as const).flatMap((method) =>
      cells.SHARPNESS_COLUMNS.map((column) => ({ ...column, group: `${method}: sharpness` })),
    ),
  ];
  const sharpnessRows = table2.map(({ row, paper, baseline, smoothout }) => [
    cells.networkCell(row),
    cells.datasetCell(row),
    cells.batchCell(row),
    cells.paperSharpness(paper.baseline),
    ...cells.sharpnessCells(baseline),
    cells.paperSharpness(paper.smoothout),
    ...cells.sharpnessCells(smoothout),
  ]);
  return section(
    'table-2',
    'Table 2: SmoothOut in small-batch and large-batch training',
    sortableTable('Table 2, accuracy', columns, rows),
    sortableTable('Table 2, sharpness', sharpnessColumns, sharpnessRows),
  );
}

export function table3Section({ table3 }: Tables): Html {
  const columns: Column[] = [
    ...NETWORK,
    { title: 'Method' },
    ...ACCURACY,
    { title: 'Paper', group: 'Gap to the small batch, points', numeric: true, paper: true },
    { title: 'Best epoch', group: 'Gap to the small batch, points', numeric: true },
    { title: 'Last epoch', group: 'Gap to the small batch, points', numeric: true },
    ...cells.SHARPNESS_COLUMNS,
    { title: 'Runs' },
  ];
  const rows = table3.map(({ row, method, paper, group, gap }) => [
    cells.networkCell(row),
    cells.datasetCell(row),
    cells.batchCell(row),
    METHOD_NAMES[method]!,
    cells.paperAccuracy(paper),
    cells.accuracyCell(group),
    cells.accuracyCell(group, 'last'),
    { content: percentText(paper.gap), sort: paper.gap },
    cells.differenceCell(gap.best),
    cells.differenceCell(gap.last),
    cells.paperSharpness(paper),
    ...cells.sharpnessCells(group),
    cells.runsCell([group]),
  ]);
  return section(
    'table-3',
    'Table 3: on top of learning rate tuning and ghost batches',
    sortableTable('Table 3', columns, rows),
  );
}

function section(id: string, title: string, ...contents: readonly Html[]): Html {
  return html`
<section id="${id}">
<h2>${title}</h2>
${contents}
</section>`;
}

const APART_COLUMNS: readonly Column[] = [
  { title: 'Experiment' },
  { title: 'DNN' },
  { title: 'Data set' },
  { title: 'Batch', numeric: true },
  { title: 'Epochs', numeric: true },
  { title: 'Method' },
  { title: 'Best epoch', group: 'Accuracy, %', numeric: true },
  { title: 'Last epoch', group: 'Accuracy, %', numeric: true },
  ...cells.measuredSharpnessColumns('Sharpness'),
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
${sortableTable('Other runs', APART_COLUMNS, rows)}
</section>`;
}

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
    ...[left, right].flatMap((name) => cells.measuredSharpnessColumns(`Sharpness, ${name}`)),
  ];
  return html`
<section id="comparison">
<h2>${left} beside ${right}</h2>
${sortableTable('Comparison', columns, pairs.map(pairRow))}
</section>`;
}

function pairRow({ left, right, settings, difference }: ComparedPair): (Cell | string)[] {
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
