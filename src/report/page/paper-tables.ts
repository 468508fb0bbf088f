/** The sections of the page with Tables 1–3. */
import { percentText } from '../format.js';
import { METHOD_NAMES, type PaperRow } from '../paper/rows.js';
import type { Tables } from '../tables/tables.js';
import * as cells from './cells.js';
import { type Html, html } from './html.js';
import { type Cell, type Column, sortableTable } from './table.js';

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
