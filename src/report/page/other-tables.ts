/** The sections of the page beside the paper's tables: other runs, methods beyond the paper, and two folders side by side. */
import { METHOD_TITLES } from '../../config/methods.js';
import { datasetTitle } from '../../data/catalogue.js';
import type { BeyondRow } from '../beyond.js';
import { describeGroup, type Group, publishedOf } from '../groups.js';
import { modelTitle } from '../paper.js';
import type { ComparedPair, ComparedResults } from '../results.js';
import { signedText } from '../text.js';
import {
  accuracyCell,
  differenceCell,
  differenceColumns,
  durationCell,
  EMPTY,
  estimateCell,
  experimentColumn,
  labelledMethod,
  mark,
  marksOf,
  measuredAccuracyColumns,
  paperColumn,
  perConvention,
  percentCell,
  section,
  sharpnessCell,
  tableSection,
} from './cells.js';
import { type Column, type Html, html, sortableTable } from './html.js';

/** Nothing where every group stands in a table. */
export function apartSection(apart: readonly Group[]): Html | null {
  const columns: Column<Group>[] = [
    experimentColumn((group) => group),
    { title: 'DNN', cell: ({ settings }) => modelTitle(settings.model) },
    { title: 'Data set', cell: ({ settings }) => datasetTitle(settings.dataset) },
    { title: 'Batch', numeric: true, cell: ({ settings }) => settings.batchSize },
    { title: 'Epochs', numeric: true, cell: ({ settings }) => settings.epochs },
    { title: 'Method', cell: labelledMethod },
    ...measuredAccuracyColumns((group: Group) => group),
    ...perConvention('Sharpness', sharpnessCell),
    {
      title: 'Why it is no row of the paper',
      wrap: true,
      cell: (group) => {
        const { deviations, notes } = group.standing;
        const reasons = deviations.length > 0 ? deviations : ['passed over for the group in the table'];
        return { content: marksOf(group, [...reasons, ...notes]), sort: reasons.join() };
      },
    },
  ];
  const explanation = html`Shorter than the paper's epochs, on generated data, on a part of the data or with other settings: never to be read as
rows of the tables above.`;
  return tableSection('apart', 'Other runs', explanation, columns, apart);
}

/** Nothing where no run goes beyond the paper. */
export function beyondSection(rows: readonly BeyondRow[]): Html | null {
  const columns: Column<BeyondRow>[] = [
    experimentColumn(({ group }) => group),
    { title: 'DNN', cell: ({ group }) => modelTitle(group.settings.model) },
    { title: 'Batch', numeric: true, cell: ({ group }) => group.settings.batchSize },
    { title: 'Method', cell: ({ group }) => labelledMethod(group) },
    ...measuredAccuracyColumns(({ group }: BeyondRow) => group),
    { title: 'Best epoch', group: 'Average, %', numeric: true, cell: ({ average }) => estimateCell(average) },
    { title: 'Over the baseline, points', numeric: true, cell: ({ improvement }) => differenceCell(improvement) },
    { title: 'Training − validation, points', numeric: true, cell: ({ gap }) => estimateCell(gap, signedText) },
    ...perConvention('Sharpness', ({ group }: BeyondRow, convention) => sharpnessCell(group, convention)),
    {
      title: 'Gradients',
      numeric: true,
      cell: ({ gradientEvaluations: found }) =>
        found ? { content: `${Math.round(found.mean)}`, sort: found.mean } : EMPTY,
    },
    { title: 'Time', numeric: true, cell: ({ seconds }) => durationCell(seconds.mean) },
  ];
  const explanation = html`Methods that the paper does not have, each beside the baseline of the same experiment: none of these numbers
is the paper's. “Gradients” are gradients of a batch in a whole run, which is what methods cost; the difference to the baseline
is the average's where the parameters are averaged.`;
  return tableSection('beyond', 'Beyond the paper', explanation, columns, rows);
}

export function comparisonSection({ names, pairs }: ComparedResults): Html {
  const [left, right] = names;
  const columns: Column<ComparedPair>[] = [
    { title: 'Runs', cell: ({ present }) => present.name },
    {
      title: 'Settings',
      wrap: true,
      cell: ({ present, settings }) => ({ content: [describeGroup(present), settings.map(mark)] }),
    },
    { title: 'Method', cell: ({ present }) => METHOD_TITLES[present.settings.method.name] },
    paperColumn('Accuracy, %', ({ present }) => {
      const published = publishedOf(present);
      return published === undefined ? { content: '', sort: '' } : percentCell(published.accuracy);
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
