/** The sections of the page with the paper's Tables 1 to 3. */
import { METHOD_TITLES } from '../../config/methods.js';
import { datasetTitle } from '../../data/catalogue.js';
import { modelTitle, type PaperRow } from '../paper.js';
import type { Table1Row, Table2Row, Table3Row, Tables } from '../results.js';
import { percentText } from '../text.js';
import {
  accuracyCell,
  accuracyColumns,
  differenceColumns,
  paperColumn,
  percentCell,
  runsCell,
  section,
  sharpnessColumns,
  small,
} from './cells.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

export function table1Section({ table1 }: Tables): Html {
  const baseline = (row: Table1Row) => row.baseline;
  const paper = ({ row }: Table1Row) => row.results.baseline;
  const columns: Column<Table1Row>[] = [
    ...NETWORK,
    { title: 'Training', cell: ({ row }) => trainingCell(row) },
    ...accuracyColumns(paper, baseline),
    ...sharpnessColumns('Sharpness', paper, baseline),
    { title: 'Runs', cell: (row) => runsCell([row.baseline]) },
  ];
  return section('table-1', 'Table 1: baseline models', sortableTable('Table 1', columns, table1));
}

export function table2Section({ table2 }: Tables): Html {
  const methods = [
    ['baseline', 'Baseline'],
    ['smoothout', 'SmoothOut'],
  ] as const;
  const accuracy: Column<Table2Row>[] = [
    ...NETWORK,
    ...methods.flatMap(([method, name]): Column<Table2Row>[] => [
      paperColumn(`${name}, %`, ({ paper }) => percentCell(paper[method].accuracy)),
      { title: 'Measured', group: `${name}, %`, numeric: true, cell: (row) => accuracyCell(row[method]) },
    ]),
    paperColumn('Improvement, points', ({ paper }) => {
      const improvement = paper.smoothout.accuracy - paper.baseline.accuracy;
      return { content: `+${percentText(improvement)}`, sort: improvement };
    }),
    ...differenceColumns('Improvement, points', ({ improvement }: Table2Row) => improvement),
    { title: 'Runs', cell: ({ baseline, smoothout }) => runsCell([baseline, smoothout]) },
  ];
  const sharpnesses: Column<Table2Row>[] = [
    ...NETWORK,
    ...methods.flatMap(([method, name]) =>
      sharpnessColumns(
        `${name}: sharpness`,
        ({ paper }: Table2Row) => paper[method],
        (row) => row[method],
      ),
    ),
  ];
  return section(
    'table-2',
    'Table 2: SmoothOut in small-batch and large-batch training',
    sortableTable('Table 2, accuracy', accuracy, table2),
    sortableTable('Table 2, sharpness', sharpnesses, table2),
  );
}

export function table3Section({ table3 }: Tables): Html {
  const group = (row: Table3Row) => row.group;
  const paper = (row: Table3Row) => row.paper;
  const gap = 'Gap to the small batch, points';
  const columns: Column<Table3Row>[] = [
    ...NETWORK,
    { title: 'Method', cell: ({ method }) => METHOD_TITLES[method] },
    ...accuracyColumns(paper, group),
    paperColumn(gap, (row) => percentCell(row.paper.gap)),
    ...differenceColumns(gap, (row: Table3Row) => row.gap),
    ...sharpnessColumns('Sharpness', paper, group),
    { title: 'Runs', cell: (row) => runsCell([row.group]) },
  ];
  return section(
    'table-3',
    'Table 3: on top of learning rate tuning and ghost batches',
    sortableTable('Table 3', columns, table3),
  );
}

/** The network and whose training method it follows, as in the paper's first column, the data set and the batch size. */
const NETWORK: readonly Column<{ readonly row: PaperRow }>[] = [
  {
    title: 'DNN',
    cell: ({ row }) => ({
      content: html`${modelTitle(row.model)} <span class="after">${row.after}</span>`,
      sort: modelTitle(row.model),
    }),
  },
  { title: 'Data set', cell: ({ row }) => datasetTitle(row.dataset) },
  { title: 'Batch', numeric: true, cell: ({ row }) => row.batchSize },
];

function trainingCell(row: PaperRow): Cell {
  const optimizer = `${row.optimizer === 'adam' ? 'Adam' : 'Momentum'} ${row.learningRate}`;
  const more = [`${row.epochs} epochs`, row.augment ? 'augmented' : '', row.ghostBatches ? 'GBN' : ''];
  return { content: [optimizer, small(...more)], sort: optimizer };
}
