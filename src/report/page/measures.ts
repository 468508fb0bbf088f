/** The sections of the page on what was measured of minima: which measure goes with generalisation, and curvature. */
import type { Estimate } from '../../support/statistics.js';
import {
  type Coefficient,
  type CorrelationRow,
  clearSign,
  coefficientText,
  LEAST_RUNS,
  sentenceOf,
  TARGETS,
} from '../correlations.js';
import type { CurvatureRow } from '../curvatures.js';
import { MATRIX_TITLES } from '../measures.js';
import { dataTitle } from '../paper.js';
import { estimateCell, experimentColumn, labelledMethod, section, tableSection } from './cells.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

function coefficientCell(coefficient: Coefficient | null): Cell {
  const text = coefficientText(coefficient);
  return { content: clearSign(coefficient) === 0 ? text : html`<b>${text}</b>`, sort: coefficient?.value ?? '' };
}

const CORRELATION_COLUMNS: readonly Column<CorrelationRow>[] = [
  { title: 'Measure', cell: ({ measure }) => measure, wrap: true },
  { title: 'With', cell: ({ target }) => TARGETS[target].title },
  { title: 'Data', cell: ({ dataset, synthetic }) => dataTitle(dataset, synthetic) },
  { title: 'DNN', cell: ({ network }) => network ?? 'all' },
  { title: 'Runs', numeric: true, cell: ({ points }) => points.length },
  { title: 'Kendall’s τ', numeric: true, cell: ({ kendall }) => coefficientCell(kendall) },
  { title: 'Spearman’s ρ', numeric: true, cell: ({ spearman }) => coefficientCell(spearman) },
  { title: 'One setting, Ψ', numeric: true, cell: ({ granulated }) => coefficientCell(granulated) },
  { title: 'What the runs show', cell: sentenceOf, wrap: true },
];

/** Nothing where no data set has runs enough. */
export function correlationsSection(rows: readonly CorrelationRow[]): Html | null {
  if (rows.length === 0) return null;
  const explanation = html`<p>Rank correlations over the completed runs of a data set, at least ${LEAST_RUNS}, with 95 % bootstrap
intervals over runs; in bold where they leave out zero. Ψ is the granulated coefficient of Jiang et al. (2020): pairs of runs
that differ in one setting alone, and perhaps the seed, so that what sets the settings apart is no explanation. Seeds of one
setting are alike, so the intervals are rather too narrow; and with many measures one in twenty leaves out zero by chance.</p>
`;
  return section(
    'correlations',
    'Which measure goes with generalisation',
    explanation,
    sortableTable('Measures and generalisation', CORRELATION_COLUMNS, rows),
  );
}

function curvatureCell(value: Estimate): Cell {
  const interval = ({ ci95 }: Estimate) => (ci95 === null ? '' : `± ${ci95.toPrecision(2)}`);
  return estimateCell(value, (mean) => mean.toPrecision(4), interval);
}

const CURVATURE_COLUMNS: readonly Column<CurvatureRow>[] = [
  experimentColumn(({ group }) => group),
  { title: 'Batch', numeric: true, cell: ({ group }) => group.settings.batchSize },
  { title: 'Method', cell: ({ group }) => labelledMethod(group) },
  { title: 'Matrix', cell: ({ first }) => MATRIX_TITLES[first.matrix] },
  {
    title: 'Over',
    cell: ({ first: { images, split, batchNorm } }) =>
      `${images} images (${split})${batchNorm === 'batch' ? ', statistics of each batch' : ''}`,
  },
  { title: 'Loss', numeric: true, cell: ({ loss }) => curvatureCell(loss) },
  { title: 'Largest eigenvalue', numeric: true, cell: ({ largestEigenvalue }) => curvatureCell(largestEigenvalue) },
  { title: 'Trace', numeric: true, cell: ({ trace }) => curvatureCell(trace) },
];

/** Nothing where no run's curvature was measured. */
export function curvatureSection(rows: readonly CurvatureRow[]): Html | null {
  const explanation = html`Second derivatives of the mean cross-entropy at the best epoch's parameters, the batch statistics running unless said
otherwise: means over the seeds with 95 % intervals. The spectra are among the figures.`;
  return tableSection('curvature', 'Curvature', explanation, CURVATURE_COLUMNS, rows);
}
