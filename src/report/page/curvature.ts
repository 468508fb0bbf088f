/** The page's table of curvature: how steep the loss bends at the best epochs. */
import type { Estimate } from '../../support/statistics.js';
import type { CurvatureRow } from '../curvatures.js';
import { MATRIX_TITLES } from '../measures.js';
import { estimateCell, experimentColumn, methodTitle, section } from './cells.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

function cellOf(value: Estimate): Cell {
  const plusMinus = value.ci95 === null ? '' : `± ${value.ci95.toPrecision(2)}`;
  return estimateCell(value, value.mean.toPrecision(4), plusMinus);
}

const COLUMNS: readonly Column<CurvatureRow>[] = [
  experimentColumn(({ group }) => group),
  { title: 'Batch', numeric: true, cell: ({ group }) => group.settings.batchSize },
  { title: 'Method', cell: ({ group }) => methodTitle(group) },
  { title: 'Matrix', cell: ({ first }) => MATRIX_TITLES[first.matrix] },
  {
    title: 'Over',
    cell: ({ first: { images, split, batchNorm } }) =>
      `${images} images (${split})${batchNorm === 'batch' ? ', statistics of each batch' : ''}`,
  },
  { title: 'Loss', numeric: true, cell: ({ loss }) => cellOf(loss) },
  { title: 'Largest eigenvalue', numeric: true, cell: ({ largestEigenvalue }) => cellOf(largestEigenvalue) },
  { title: 'Trace', numeric: true, cell: ({ trace }) => cellOf(trace) },
];

/** Nothing where no run's curvature was measured. */
export function curvatureSection(rows: readonly CurvatureRow[]): Html | null {
  if (rows.length === 0) return null;
  const explanation = html`<p>Second derivatives of the mean cross-entropy at the best epoch's parameters, the batch statistics running unless said
otherwise: means over the seeds with 95 % intervals. The spectra are among the figures.</p>
`;
  return section('curvature', 'Curvature', explanation, sortableTable('Curvature', COLUMNS, rows));
}
