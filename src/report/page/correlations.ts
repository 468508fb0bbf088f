/** The page's section on which measure goes with generalisation. */
import { datasetTitle } from '../../data/catalogue.js';
import {
  type Coefficient,
  type CorrelationRow,
  clearSign,
  coefficientText,
  LEAST_RUNS,
  sentenceOf,
  TARGETS,
} from '../correlations.js';
import { section } from './cells.js';
import { type Cell, type Column, type Html, html, sortableTable } from './html.js';

function cellOf(coefficient: Coefficient | null): Cell {
  const text = coefficientText(coefficient);
  return { content: clearSign(coefficient) === 0 ? text : html`<b>${text}</b>`, sort: coefficient?.value ?? '' };
}

const COLUMNS: readonly Column<CorrelationRow>[] = [
  { title: 'Measure', cell: ({ measure }) => measure, wrap: true },
  { title: 'With', cell: ({ target }) => TARGETS[target].title },
  { title: 'Data', cell: ({ dataset, synthetic }) => `${synthetic ? 'generated ' : ''}${datasetTitle(dataset)}` },
  { title: 'DNN', cell: ({ network }) => network ?? 'all' },
  { title: 'Runs', numeric: true, cell: ({ points }) => points.length },
  { title: 'Kendall’s τ', numeric: true, cell: ({ kendall }) => cellOf(kendall) },
  { title: 'Spearman’s ρ', numeric: true, cell: ({ spearman }) => cellOf(spearman) },
  { title: 'One setting, Ψ', numeric: true, cell: ({ granulated }) => cellOf(granulated) },
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
    sortableTable('Measures and generalisation', COLUMNS, rows),
  );
}
