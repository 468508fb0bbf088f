/** The sections of the page on what the results rest on: deviations from the paper, unfinished runs, and the hours spent. */
import { type DeviationRow, deviationRows } from '../deviations.js';
import type { Group } from '../groups.js';
import type { Run } from '../runs.js';
import { type SpentRow, spentRows } from '../spent.js';
import { tableSection } from './cells.js';
import { type Column, type Html, html } from './html.js';

const DEVIATION_COLUMNS: readonly Column<DeviationRow>[] = [
  { title: 'What', cell: ({ deviation }) => deviation },
  { title: 'The paper', wrap: true, cell: ({ paper }) => paper },
  { title: 'Here', wrap: true, cell: ({ here }) => here },
  { title: 'Runs', wrap: true, cell: ({ runs }) => runs },
];

/** Nothing without runs. */
export function deviationsSection(groups: readonly Group[]): Html | null {
  const explanation = html`What the runs do otherwise than the paper's text, and what they had to choose because the text does not say
it. Trials of <code>smoothout tune</code> are left out.`;
  return tableSection('deviations', 'Deviations from the paper', explanation, DEVIATION_COLUMNS, deviationRows(groups));
}

const UNFINISHED_COLUMNS: readonly Column<Run>[] = [
  { title: 'Run', cell: ({ folder }) => folder },
  { title: 'Ended', cell: ({ record }) => record.status },
  { title: 'Epochs', numeric: true, cell: ({ record }) => `${record.epochsDone} of ${record.epochs}` },
  { title: 'Why', wrap: true, cell: ({ record }) => record.error?.message ?? '' },
];

/** Nothing where every run is completed. */
export function unfinishedSection(unfinished: readonly Run[]): Html | null {
  const explanation = html`In no mean. A run that is “running” is under way, or was killed before it could say why.`;
  const title = 'Runs that failed, diverged or did not end';
  return tableSection('unfinished', title, explanation, UNFINISHED_COLUMNS, unfinished);
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
  const total = rows.reduce((sum, { hours }) => sum + hours, 0);
  const explanation = html`${total.toFixed(1)} hours in all: of trainings the epochs that were finished, with those of tuning and of runs
that failed; of sharpness the measurements that are kept. What a kill undid, and the curves around minima, are not recorded.`;
  return tableSection('spent', 'What it cost', explanation, SPENT_COLUMNS, rows);
}
