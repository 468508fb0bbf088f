/** The paper's Tables 1 to 3: what was measured beside what is published. */
import { METHOD_TITLES } from '../../config/methods.js';
import { datasetTitle } from '../../data/catalogue.js';
import type { Cells, Group } from '../groups.js';
import { html } from '../page/html.js';
import {
  cellOf,
  modelTitle,
  PAPER_METHODS,
  PAPER_ROWS,
  type PaperCell,
  type PaperMethod,
  type PaperResult,
  type PaperRow,
  paperRow,
  TABLE2_ROWS,
  TABLE3_ROWS,
} from '../paper.js';
import { percentText } from '../text.js';
import {
  accuracy,
  accuracyColumns,
  decimal,
  differenceColumns,
  estimateCell,
  paperColumn,
  runsCell,
  seeds,
  sharpnessColumns,
  small,
} from './columns.js';
import { type Cell, type Column, type Table, table } from './table.js';

/** The cell that a row of a table is about. */
type Row = PaperCell;

/** The network and whose training method it follows, as in the paper's first column, and the data set. */
const NETWORK: readonly Column<Row>[] = [
  {
    ...{ csv: 'dnn', title: 'DNN', value: ({ row }) => modelTitle(row.model) },
    cell: ({ row: { model, after } }) => ({
      content: html`${modelTitle(model)} <span class="after">${after}</span>`,
      sort: modelTitle(model),
    }),
  },
  { csv: 'dataset', title: 'Data set', value: ({ row }) => datasetTitle(row.dataset) },
];

const BATCH: Column<Row> = { csv: 'batch_size', title: 'Batch', numeric: true, value: ({ row }) => row.batchSize };

const optimizerTitle = ({ optimizer }: PaperRow): string => (optimizer === 'adam' ? 'Adam' : 'Momentum');

const TRAINING: readonly Column<Row>[] = [
  { csv: 'data_augment', value: ({ row }) => (row.augment ? 'Yes' : 'No') },
  { csv: 'optimizer', value: ({ row }) => optimizerTitle(row) },
  { csv: 'epochs', value: ({ row }) => row.epochs },
  { csv: 'learning_rate', value: ({ row }) => row.learningRate },
  { csv: 'gbn', value: ({ row }) => (row.ghostBatches ? 'Yes' : 'No') },
];

function trainingCell({ row }: Row): Cell {
  const optimizer = `${optimizerTitle(row)} ${row.learningRate}`;
  const more = [`${row.epochs} epochs`, row.augment ? 'augmented' : '', row.ghostBatches ? 'GBN' : ''];
  return { content: [optimizer, small(...more)], sort: optimizer };
}

type GroupOf = (row: Row) => Group | null;

const published = ({ row, method }: Row): PaperResult => row.results[method]!;
const accuracies = (of: GroupOf): Column<Row>[] => [
  paperColumn('paper_accuracy', 'Accuracy, %', (row: Row) => published(row).accuracy.toFixed(2)),
  ...accuracyColumns(of),
];
const sharpnesses = (of: GroupOf): Column<Row>[] => [
  paperColumn('paper_sharpness', 'Sharpness', (row: Row) => published(row).sharpness.toFixed(4)),
  ...sharpnessColumns('sharpness', 'Sharpness', of),
];

export function paperTables(cells: Cells): Table[] {
  const own: GroupOf = ({ row, method }) => cells.at(row, method);
  const n: Column<Row> = { csv: 'seeds', value: (row) => seeds(own(row)) };
  const runs: Column<Row> = { title: 'Runs', cell: (row) => runsCell([own(row)]) };
  const gap = 'Gap to the small batch, points';
  const smallBatch = ({ row }: Row) => paperRow(row.gapFrom!);
  return [
    table<Row>({
      ...{ name: 'table1', title: 'Table 1: baseline models', link: 'Table 1', file: 'always' },
      rows: PAPER_ROWS.map((row) => cellOf(row)),
      columns: [
        ...[...NETWORK, ...TRAINING, BATCH, { title: 'Training', cell: trainingCell }],
        ...[n, ...accuracies(own), ...sharpnesses(own), runs],
      ],
    }),
    table2(cells),
    table<Row>({
      ...{ name: 'table3', title: 'Table 3: on top of learning rate tuning and ghost batches', link: 'Table 3' },
      file: 'always',
      rows: TABLE3_ROWS.flatMap((row) =>
        PAPER_METHODS.flatMap((method) => (row.results[method] === undefined ? [] : [cellOf(row, method)])),
      ),
      columns: [
        ...[
          ...NETWORK,
          BATCH,
          { csv: 'method', title: 'Method', value: ({ method }: Row) => METHOD_TITLES[method] },
          n,
        ],
        // The file has no column for this interval: what the table is about is the gap.
        ...accuracies(own).filter(({ csv }) => csv !== 'accuracy_ci95'),
        paperColumn('paper_gap', gap, (row) =>
          (smallBatch(row).results.baseline.accuracy - published(row).accuracy).toFixed(2),
        ),
        ...differenceColumns('gap', gap, (row) => cells.at(smallBatch(row), 'baseline'), own),
        ...[...sharpnesses(own), runs],
      ],
    }),
  ];
}

function table2(cells: Cells): Table {
  const groupOf =
    (method: PaperMethod): GroupOf =>
    ({ row }) =>
      cells.at(row, method);
  const [baseline, smoothout] = [groupOf('baseline'), groupOf('smoothout')];
  const accuraciesOf = (method: PaperMethod): Column<Row>[] => {
    const group = `${METHOD_TITLES[method]}, %`;
    const mean = (row: Row) => accuracy(groupOf(method)(row));
    return [
      paperColumn(`paper_${method}`, group, ({ row }) => row.results[method]?.accuracy.toFixed(2)),
      {
        ...{ csv: method, title: 'Measured', group, numeric: true, value: (row) => decimal(mean(row)?.mean) },
        cell: (row) => estimateCell(mean(row)),
      },
    ];
  };
  const sharpnessesOf = (method: PaperMethod): Column<Row>[] => {
    const group = `${METHOD_TITLES[method]}: sharpness`;
    return [
      paperColumn(`paper_sharpness_${method}`, group, ({ row }) => row.results[method]?.sharpness.toFixed(4)),
      ...sharpnessColumns(`sharpness_${method}`, group, groupOf(method)),
    ];
  };
  const improvement = 'Improvement, points';
  const accuracies: Column<Row>[] = [
    ...[...NETWORK, BATCH],
    {
      csv: 'seeds',
      value(row) {
        const [left, right] = [seeds(baseline(row)), seeds(smoothout(row))];
        return left === right ? left : `${left}/${right}`;
      },
    },
    ...[...accuraciesOf('baseline'), ...accuraciesOf('smoothout')],
    paperColumn(undefined, improvement, ({ row: { results } }) => {
      return `+${percentText(results.smoothout!.accuracy - results.baseline.accuracy)}`;
    }),
    ...differenceColumns('improvement', improvement, smoothout, baseline),
    { title: 'Runs', cell: (row) => runsCell([baseline(row), smoothout(row)]) },
  ];
  const sharpnesses = [...sharpnessesOf('baseline'), ...sharpnessesOf('smoothout')];
  return table({
    ...{ name: 'table2', title: 'Table 2: SmoothOut in small-batch and large-batch training', link: 'Table 2' },
    ...{ file: 'always', rows: TABLE2_ROWS.map((row) => cellOf(row, 'smoothout')) },
    columns: [...accuracies, ...sharpnesses],
    arranged: { 'Table 2, accuracy': accuracies, 'Table 2, sharpness': [...NETWORK, BATCH, ...sharpnesses] },
  });
}
