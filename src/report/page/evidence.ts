/** The sections of the page on what the results rest on: deviations from the paper, unfinished runs, and the hours spent. */
import { type DeviationRow, deviationRows } from '../deviations.js';
import type { Group } from '../groups.js';
import type { Run } from '../runs.js';
import { type SpentRow, spentRows } from '../spent.js';
import { section } from './cells.js';
import { type Column, type Html, html, sortableTable } from './html.js';

const DEVIATION_COLUMNS: readonly Column<DeviationRow>[] = [
  { title: 'What', cell: ({ deviation }) => deviation },
  { title: 'The paper', wrap: true, cell: ({ paper }) => paper },
  { title: 'Here', wrap: true, cell: ({ here }) => here },
  { title: 'Runs', wrap: true, cell: ({ runs }) => runs },
];

/** Nothing without runs. */
export function deviationsSection(groups: readonly Group[]): Html | null {
  const rows = deviationRows(groups);
  if (rows.length === 0) return null;
  const explanation = html`<p>What the runs do otherwise than the paper's text, and what they had to choose because the text does not say
it. Trials of <code>smoothout tune</code> are left out.</p>
`;
  const table = sortableTable('Deviations from the paper', DEVIATION_COLUMNS, rows);
  return section('deviations', 'Deviations from the paper', explanation, table);
}

const UNFINISHED_COLUMNS: readonly Column<Run>[] = [
  { title: 'Run', cell: ({ folder }) => folder },
  { title: 'Ended', cell: ({ record }) => record.status },
  { title: 'Epochs', numeric: true, cell: ({ record }) => `${record.epochsDone} of ${record.epochs}` },
  { title: 'Why', wrap: true, cell: ({ record }) => record.error?.message ?? '' },
];

/** Nothing where every run is completed. */
export function unfinishedSection(unfinished: readonly Run[]): Html | null {
  if (unfinished.length === 0) return null;
  const explanation = html`<p>In no mean. A run that is “running” is under way, or was killed before it could say why.</p>
`;
  const title = 'Runs that failed, diverged or did not end';
  return section('unfinished', title, explanation, sortableTable(title, UNFINISHED_COLUMNS, unfinished));
}

const SPENT_COLUMNS: readonly Column<SpentRow>[] = [
  { title: 'Device', cell: ({ engine, device }) => `${engine}, ${device}` },
  { title: 'Processor', cell: ({ processor }) => processor || 'not recorded' },
  { title: 'Threads', numeric: true, cell: ({ threads }) => threads },
  { title: 'For', cell: ({ activity }) => activity },
  { title: 'Ended', cell: ({ outcome }) => outcome },
  { title: 'Count', numeric: true, cell: ({ count }) => count },
  { title: 'Hours', numeric: true, cell: ({ hours }) => hours.toFixed(1) },
];

/** Nothing without runs. */
export function spentSection(runs: readonly Run[]): Html | null {
  const rows = spentRows(runs);
  if (rows.length === 0) return null;
  const total = rows.reduce((sum, { hours }) => sum + hours, 0);
  const explanation = html`<p>${total.toFixed(1)} hours in all: of trainings the epochs that were finished, with those of tuning and of runs
that failed; of sharpness the measurements that are kept. What a kill undid, and the curves around minima, are not recorded.</p>
`;
  return section('spent', 'What it cost', explanation, sortableTable('What it cost', SPENT_COLUMNS, rows));
}
