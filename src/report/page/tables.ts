/** The sections of the page with tables: the paper's, the runs that are no row of the paper, and two folders side by side. */

import { datasetTitle } from '../../data/catalogue.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import type { Difference, Estimate } from '../../support/statistics.js';
import type { BeyondRow } from '../beyond.js';
import {
  describeGroup,
  type Epoch,
  type Group,
  meanAccuracy,
  publishedOf,
  sharpness,
  unfinishedSeeds,
} from '../groups.js';
import { METHOD_NAMES, modelTitle, type PaperResult, type PaperRow } from '../paper.js';
import type { ComparedPair, Comparison, Table1Row, Table2Row, Table3Row, Tables } from '../results.js';
import {
  durationText,
  isClear,
  NOTHING,
  percentText,
  plusMinus,
  sharpnessPlusMinus,
  sharpnessText,
  signedText,
} from '../text.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

export function table1Section({ table1 }: Tables): Html {
  const baseline = (row: Table1Row) => row.baseline;
  const paper = (row: Table1Row) => row.paper;
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
      paperColumn(`${name}, %`, ({ paper }) => accuracyOf(paper[method])),
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
    { title: 'Method', cell: ({ method }) => METHOD_NAMES[method]! },
    ...accuracyColumns(paper, group),
    paperColumn(gap, (row) => ({ content: percentText(row.paper.gap), sort: row.paper.gap })),
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

function section(id: string, title: string, ...contents: readonly Html[]): Html {
  return html`
<section id="${id}">
<h2>${title}</h2>
${contents}
</section>`;
}

/** Nothing where every group stands in a table. */
export function apartSection(apart: readonly Group[]): Html | null {
  if (apart.length === 0) return null;
  const columns: Column<Group>[] = [
    {
      title: 'Experiment',
      cell: (group) => ({
        content: html`<a href="#${anchorOf(group)}">${group.experiment}</a>`,
        sort: group.experiment,
      }),
    },
    { title: 'DNN', cell: ({ settings }) => modelTitle(settings.model) },
    { title: 'Data set', cell: ({ settings }) => datasetTitle(settings.dataset) },
    { title: 'Batch', numeric: true, cell: ({ settings }) => settings.batchSize },
    { title: 'Epochs', numeric: true, cell: ({ settings }) => settings.epochs },
    {
      title: 'Method',
      cell: methodTitle,
    },
    ...measuredAccuracyColumns((group: Group) => group),
    ...perConvention('Sharpness', sharpnessCell),
    {
      title: 'Why it is no row of the paper',
      wrap: true,
      cell: (group) => {
        const { deviations, notes } = group.claim;
        const reasons = deviations.length > 0 ? deviations : ['passed over for the group in the table'];
        return { content: marksOf(group, [...reasons, ...notes]), sort: reasons.join() };
      },
    },
  ];
  const explanation = html`<p>Shorter than the paper's epochs, on generated data, on a part of the data or with other settings: never to be read as
rows of the tables above.</p>
`;
  return section('apart', 'Other runs', explanation, sortableTable('Other runs', columns, apart));
}

/** Nothing where no run goes beyond the paper. */
export function beyondSection(rows: readonly BeyondRow[]): Html | null {
  if (rows.length === 0) return null;
  const columns: Column<BeyondRow>[] = [
    {
      title: 'Experiment',
      cell: ({ group }) => ({
        content: html`<a href="#${anchorOf(group)}">${group.experiment}</a>`,
        sort: group.experiment,
      }),
    },
    { title: 'DNN', cell: ({ group }) => modelTitle(group.settings.model) },
    { title: 'Batch', numeric: true, cell: ({ group }) => group.settings.batchSize },
    { title: 'Method', cell: ({ group }) => methodTitle(group) },
    ...measuredAccuracyColumns(({ group }: BeyondRow) => group),
    {
      title: 'Best epoch',
      group: 'Average, %',
      numeric: true,
      cell: ({ average }) => (average ? estimateCell(average, percentText(average.mean), plusMinus(average)) : EMPTY),
    },
    { title: 'Over the baseline, points', numeric: true, cell: ({ improvement }) => differenceCell(improvement) },
    {
      title: 'Training − validation, points',
      numeric: true,
      cell: ({ gap }) => (gap ? estimateCell(gap, signedText(gap.mean), plusMinus(gap)) : EMPTY),
    },
    ...perConvention('Sharpness', ({ group }: BeyondRow, convention) => sharpnessCell(group, convention)),
    {
      title: 'Gradients',
      numeric: true,
      cell: ({ gradientEvaluations: found }) =>
        found ? { content: `${Math.round(found.mean)}`, sort: found.mean } : EMPTY,
    },
    {
      title: 'Time',
      numeric: true,
      cell: ({ seconds }) => ({ content: durationText(seconds.mean), sort: seconds.mean }),
    },
  ];
  const explanation = html`<p>Methods that the paper does not have, each beside the baseline of the same experiment: none of these numbers
is the paper's. “Gradients” are gradients of a batch in a whole run, which is what methods cost; the difference to the baseline
is the average's where the parameters are averaged.</p>
`;
  return section('beyond', 'Beyond the paper', explanation, sortableTable('Beyond the paper', columns, rows));
}

const methodTitle = ({ method: label, settings: { method } }: Group): string =>
  `${METHOD_NAMES[method.name]}${label === method.name ? '' : ` (${label})`}`;

export function comparisonSection({ names, pairs }: Comparison): Html {
  const [left, right] = names;
  const present = (pair: ComparedPair): Group => (pair.left ?? pair.right)!;
  const columns: Column<ComparedPair>[] = [
    { title: 'Runs', cell: (pair) => present(pair).name },
    {
      title: 'Settings',
      wrap: true,
      cell: (pair) => ({ content: [describeGroup(present(pair)), pair.settings.map(mark)] }),
    },
    { title: 'Method', cell: (pair) => METHOD_NAMES[present(pair).settings.method.name]! },
    paperColumn('Accuracy, %', (pair) => {
      const published = publishedOf(present(pair));
      return published === undefined ? { content: '', sort: '' } : accuracyOf(published);
    }),
    { title: left, group: 'Accuracy, %', numeric: true, cell: (pair) => accuracyCell(pair.left) },
    { title: right, group: 'Accuracy, %', numeric: true, cell: (pair) => accuracyCell(pair.right) },
    ...differenceColumns(`${right} − ${left}, points`, ({ difference }: ComparedPair) => difference),
    ...(['left', 'right'] as const).flatMap((side, i) =>
      perConvention(`Sharpness, ${names[i]}`, (pair: ComparedPair, convention) =>
        sharpnessCell(pair[side], convention),
      ),
    ),
  ];
  return section('comparison', `${left} beside ${right}`, sortableTable('Comparison', columns, pairs));
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

/** A number of the paper's. */
function paperColumn<Row>(group: string, cell: (row: Row) => Cell): Column<Row> {
  return { title: 'Paper', group, numeric: true, paper: true, cell };
}

const accuracyOf = ({ accuracy }: PaperResult): Cell => ({ content: percentText(accuracy), sort: accuracy });

function accuracyColumns<Row>(paper: (row: Row) => PaperResult, of: (row: Row) => Group | null): Column<Row>[] {
  return [paperColumn('Accuracy, %', (row) => accuracyOf(paper(row))), ...measuredAccuracyColumns(of)];
}

function measuredAccuracyColumns<Row>(of: (row: Row) => Group | null): Column<Row>[] {
  return atBothEpochs('Accuracy, %', (row, epoch) => accuracyCell(of(row), epoch));
}

/** Strong where the interval leaves out zero. */
function differenceColumns<Row>(group: string, of: (row: Row) => Record<Epoch, Difference | null>): Column<Row>[] {
  return atBothEpochs(group, (row, epoch) => differenceCell(of(row)[epoch]));
}

function differenceCell(value: Difference | null): Cell {
  if (value === null) return EMPTY;
  const mean = isClear(value) ? html`<strong>${signedText(value.mean)}</strong>` : signedText(value.mean);
  const print = small(plusMinus(value), `n = ${value.n}`, value.paired ? '' : 'unpaired');
  return { content: [mean, print], sort: value.mean };
}

function atBothEpochs<Row>(group: string, cell: (row: Row, epoch: Epoch) => Cell): Column<Row>[] {
  return (['best', 'last'] as const).map((epoch) => ({
    title: epoch === 'best' ? 'Best epoch' : 'Last epoch',
    group,
    numeric: true,
    cell: (row) => cell(row, epoch),
  }));
}

function sharpnessColumns<Row>(
  group: string,
  paper: (row: Row) => PaperResult,
  of: (row: Row) => Group | null,
): Column<Row>[] {
  return [
    paperColumn(group, (row) => ({ content: paper(row).sharpness.toFixed(4), sort: paper(row).sharpness })),
    ...perConvention(group, (row: Row, convention) => sharpnessCell(of(row), convention)),
  ];
}

const CONVENTION_TITLES: Readonly<Record<NamedConvention, string>> = {
  defined: 'As defined',
  keskar: "Keskar's",
  reference: "Authors' code",
};

/** A column for each convention of the sharpness. */
export function perConvention<Row>(
  group: string,
  cell: (row: Row, convention: NamedConvention) => Cell,
): Column<Row>[] {
  return CONVENTION_NAMES.map((convention) => ({
    title: CONVENTION_TITLES[convention],
    group,
    numeric: true,
    cell: (row) => cell(row, convention),
  }));
}

const EMPTY: Cell = { content: html`<span class="empty">${NOTHING}</span>`, sort: '' };

/** A second line in small print. */
export const small = (...parts: readonly string[]): Html =>
  html`<span class="n">${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ')}</span>`;

/** A mean with its interval and, in small print, over how many seeds. */
function estimateCell(value: Estimate, mean: string, plusOrMinus: string): Cell {
  return { content: [mean, small(plusOrMinus, `n = ${value.n}`)], sort: value.mean };
}

function accuracyCell(group: Group | null, epoch: Epoch = 'best'): Cell {
  if (group === null) return EMPTY;
  const value = meanAccuracy(group, epoch);
  return estimateCell(value, percentText(value.mean), plusMinus(value));
}

function sharpnessCell(group: Group | null, convention: NamedConvention): Cell {
  const value = group && sharpness(group, convention);
  return value === null ? EMPTY : estimateCell(value, sharpnessText(value.mean), sharpnessPlusMinus(value));
}

/** Links to the settings of the groups in a row, with marks for what a reader has to know of them. */
function runsCell(groups: readonly (Group | null)[]): Cell {
  const present = groups.filter((group) => group !== null);
  if (present.length === 0) return { content: html`<span class="empty">not run</span>`, sort: '' };
  return {
    content: present.map(
      (group, i) =>
        html`${i > 0 && html`<br>`}<a href="#${anchorOf(group)}">${group.name}</a>${marksOf(group, group.claim.notes)}`,
    ),
    sort: present[0]!.experiment,
  };
}

export const anchorOf = ({ experiment, method, runs }: Group): string =>
  `runs-${experiment}-${method}-${runs[0]!.record.configHash.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)}`;

const mark = (text: string): Html => html` <span class="mark">${text}</span>`;

function marksOf(group: Group, marks: readonly string[]): Html[] {
  return [...marks, ...unfinishedSeeds(group)].map(mark);
}
