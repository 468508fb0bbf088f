/** Experiments with methods that the paper does not have, each beside its own baseline: so no column is the paper's. */
import { strengthOf } from '../../config/methods.js';
import { type Difference, difference, type Estimate, estimate, groupBy, meanOf } from '../../support/statistics.js';
import { accuracies, averageAccuracies, type Group, resultOf } from '../groups.js';
import { html } from '../page/html.js';
import { PAPER_METHODS } from '../paper.js';
import { generalisationGap, type Run } from '../runs.js';
import { signedText } from '../text.js';
import {
  accuracyColumns,
  decimal,
  differenceCell,
  durationCell,
  estimateCell,
  estimateColumns,
  groupColumns,
  seeds,
  sharpnessColumns,
  yesNo,
} from './columns.js';
import { type Column, type Table, table } from './table.js';

interface Row {
  readonly group: Group;
  /** Of the same experiment. */
  readonly baseline: Group | null;
}

/** The groups of every experiment that has a group beyond the paper, in the order of their experiments. */
export function beyondTable(groups: readonly Group[]): Table {
  const rows = [...groupBy(groups, ({ experiment }) => experiment).values()]
    .filter((members) => members.some(isBeyond))
    .flatMap((members) => {
      const baseline = members.find(({ method }) => method === 'baseline') ?? null;
      return members.map((group) => ({ group, baseline }));
    });
  const explanation = html`Methods that the paper does not have, each beside the baseline of the same experiment: none of these numbers
is the paper's. “Gradients” are gradients of a batch in a whole run, which is what methods cost; the difference to the baseline
is the average's where the parameters are averaged.`;
  return table({
    ...{ name: 'beyond', title: 'Beyond the paper: other methods and budgets', link: 'Beyond the paper', explanation },
    ...{ file: 'maybe', columns: COLUMNS, rows },
  });
}

/** Whether the group trains by a method, an average, an optimizer or a budget that the paper does not have. */
function isBeyond({ settings: { method, average, optimizer, budget } }: Group): boolean {
  const known = [...PAPER_METHODS, 'smoothout-deterministic'].some((name) => name === method.name);
  return !known || average !== null || budget !== null || optimizer.name === 'lars';
}

const COLUMNS: readonly Column<Row>[] = [
  ...groupColumns(({ group }: Row) => group),
  { csv: 'strength', value: ({ group }) => strengthOf(group.settings.method) },
  { csv: 'seeds', value: ({ group }) => seeds(group) },
  ...accuracyColumns(({ group }: Row) => group),
  ...estimateColumns({ csv: 'average_accuracy', title: 'Best epoch', group: 'Average, %' }, average),
  ...estimateColumns({ csv: 'improvement', title: 'Over the baseline, points' }, improvement, differenceCell),
  {
    ...{ csv: 'generalisation_gap', title: 'Training − validation, points', numeric: true },
    value: (row) => decimal(gap(row)?.mean),
    cell: (row) => estimateCell(gap(row), signedText),
  },
  ...sharpnessColumns('sharpness', 'Sharpness', ({ group }: Row) => group),
  {
    ...{ csv: 'gradient_evaluations', title: 'Gradients', numeric: true },
    value: (row) => meanOver(row, ({ record }) => record.gradientEvaluations),
  },
  {
    ...{ csv: 'seconds', title: 'Time', numeric: true },
    value: (row) => meanOver(row, ({ record }) => record.seconds),
    cell: (row) => durationCell(meanOver(row, ({ record }) => record.seconds)!),
  },
  { csv: 'generated_data', value: ({ group }) => yesNo(group.synthetic) },
];

/** Best accuracy of the average of the parameters, percent; null where the runs keep none. */
function average({ group }: Row): Estimate | null {
  const averages = averageAccuracies(group);
  return averages && estimate([...averages.values()]);
}

/** This − the experiment's baseline, percentage points: of the average where there is one. Null for the baseline itself. */
function improvement({ group, baseline }: Row): Difference | null {
  return baseline === null || baseline === group ? null : difference(resultOf(group), accuracies(baseline));
}

/** Training − validation accuracy at the best epoch, percentage points. */
const gap = ({ group }: Row): Estimate | null => estimate(group.runs.flatMap((run) => generalisationGap(run) ?? []));

/** The mean over the seeds that have it, rounded. */
function meanOver({ group }: Row, of: (run: Run) => number | undefined): number | null {
  const found = group.runs.flatMap((run) => of(run) ?? []);
  return found.length === 0 ? null : Math.round(meanOf(found));
}
