/** Second derivatives of the loss at the best epoch, by groups of runs: means over the seeds. */
import type { CurvatureMeasurement } from '../../records/curvature-record.js';
import { at } from '../../support/at.js';
import { type Estimate, estimate, groupBy } from '../../support/statistics.js';
import type { Group } from '../groups.js';
import { MATRIX_TITLES } from '../measures.js';
import { html } from '../page/html.js';
import { estimateCell, estimateColumns, groupColumns, seeds, yesNo } from './columns.js';
import { type Column, type Table, table } from './table.js';

export interface CurvatureRow {
  readonly group: Group;
  /** What was measured: "hessian-train-10000-images". */
  readonly kind: string;
  /** That of the lowest seed; the others are of the same matrix, split, batch-norm mode and number of images. */
  readonly first: CurvatureMeasurement;
  readonly loss: Estimate;
  readonly largestEigenvalue: Estimate;
  readonly trace: Estimate;
}

/** A row for each group and each kind of measurement that there is of it; of two of one kind and run the newest counts. */
export function curvatureRows(groups: readonly Group[]): CurvatureRow[] {
  return groups.flatMap((group) => {
    const all = group.runs.flatMap(({ record: { seed }, curvature }) =>
      (curvature?.measurements ?? []).map((measurement) => ({ seed, measurement })),
    );
    const kinds = groupBy(all, ({ measurement }) => kindOf(measurement));
    return [...kinds].map(([kind, ofKind]): CurvatureRow => {
      const bySeed = new Map(ofKind.map(({ seed, measurement }) => [seed, measurement]));
      const measurements = [...bySeed.values()];
      const mean = (of: (measurement: CurvatureMeasurement) => number) => estimate(measurements.map(of))!;
      return {
        ...{ group, kind, first: at(measurements, 0) },
        ...{ loss: mean(({ loss }) => loss), trace: mean(({ trace }) => trace) },
        largestEigenvalue: mean(({ eigenvalues }) => at(eigenvalues, 0)),
      };
    });
  });
}

function kindOf({ matrix, split, batchNorm, images }: CurvatureMeasurement): string {
  return [matrix, split, ...(batchNorm === 'batch' ? ['batch-statistics'] : []), `${images}-images`].join('-');
}

/** Six significant digits: eigenvalues and traces span many decades. */
const digits = (value: number | null | undefined): string => (value == null ? '' : `${Number(value.toPrecision(6))}`);

const meanColumns = (csv: string, title: string, of: (row: CurvatureRow) => Estimate): Column<CurvatureRow>[] => {
  const interval = ({ ci95 }: Estimate) => (ci95 === null ? '' : `± ${ci95.toPrecision(2)}`);
  const cell = (value: Estimate) => estimateCell(value, (mean) => mean.toPrecision(4), interval);
  return estimateColumns({ csv, title }, of, cell, digits);
};

const COLUMNS: readonly Column<CurvatureRow>[] = [
  ...groupColumns(({ group }: CurvatureRow) => group),
  { csv: 'seeds', value: ({ group }) => seeds(group) },
  { csv: 'measured', value: ({ loss }) => loss.n },
  {
    ...{ csv: 'matrix', title: 'Matrix', value: ({ first }) => first.matrix },
    cell: ({ first }) => MATRIX_TITLES[first.matrix],
  },
  { csv: 'split', title: 'Split', value: ({ first }) => first.split },
  {
    ...{ csv: 'batch_norm', title: 'Batch statistics', value: ({ first }) => first.batchNorm },
    cell: ({ first }) => (first.batchNorm === 'batch' ? 'of each batch' : 'running'),
  },
  { csv: 'images', title: 'Images', numeric: true, value: ({ first }) => first.images },
  ...meanColumns('loss', 'Loss', ({ loss }) => loss),
  ...meanColumns('largest_eigenvalue', 'Largest eigenvalue', ({ largestEigenvalue }) => largestEigenvalue),
  ...meanColumns('trace', 'Trace', ({ trace }) => trace),
  { csv: 'generated_data', value: ({ group }) => yesNo(group.synthetic) },
];

export function curvatureTable(rows: readonly CurvatureRow[]): Table {
  const explanation = html`Second derivatives of the mean cross-entropy at the best epoch's parameters, with the batch statistics that are
named: means over the seeds with 95 % intervals. The spectra are among the figures.`;
  return table({
    ...{
      name: 'curvature',
      title: 'Curvature: second derivatives of the loss',
      link: 'Curvature',
      explanation,
      file: 'maybe',
    },
    ...{ columns: COLUMNS, rows },
  });
}
