/** Tables with a line for each run: every run that was read, those that did not end, and the seeds of a group. */
import { noiseOf } from '../deviation-rules.js';
import type { Cells, Group } from '../groups.js';
import { type Html, html } from '../page/html.js';
import { generalisationGap, measurementOf, type Run } from '../runs.js';
import { standingOf } from '../standing.js';
import { percentText, sharpnessText } from '../text.js';
import { conventionColumns, decimal, durationCell, networkColumns, small, yesNo } from './columns.js';
import { type Column, sortableTable, type Table, table } from './table.js';

const accuracyColumn = (csv: string, title: string, of: (run: Run) => number | null): Column<Run> => ({
  ...{ csv, title, numeric: true },
  value: (run) => decimal(of(run)),
  cell: (run) => percentText(of(run)),
});

/** Those with a title are shown of the seeds of a group as well. */
const COLUMNS: readonly Column<Run>[] = [
  { csv: 'folder', value: ({ folder }) => folder },
  { csv: 'status', value: ({ record }) => record.status },
  ...networkColumns(({ settings }: Run) => settings).map(({ title: _, ...column }) => column),
  { csv: 'generated_data', value: ({ record }) => yesNo(record.data.synthetic) },
  { csv: 'method', value: ({ settings }) => settings.method.name },
  { csv: 'a', value: ({ settings }) => noiseOf(settings).a },
  { csv: 'preset', value: ({ settings }) => settings.preset },
  { csv: 'batch_size', value: ({ settings }) => settings.batchSize },
  { csv: 'ghost_batch_size', value: ({ settings }) => settings.ghostBatchSize },
  { csv: 'epochs', value: ({ record }) => record.epochs },
  { csv: 'epochs_done', value: ({ record }) => record.epochsDone },
  { csv: 'seed', title: 'Seed', numeric: true, value: ({ record }) => record.seed },
  { csv: 'best_epoch', title: 'Best epoch', numeric: true, value: ({ record }) => record.bestEpoch },
  accuracyColumn('best_accuracy', 'Best, %', ({ record }) => record.bestAccuracy),
  accuracyColumn('last_accuracy', 'Last, %', ({ record }) => record.finalAccuracy),
  { csv: 'generalisation_gap', value: (run) => decimal(generalisationGap(run)) },
  ...conventionColumns('sharpness', 'Sharpness', (run: Run, convention) => {
    const { value, images } = measurementOf(run, convention) ?? {};
    const content = [sharpnessText(value), small(`${images} images`)];
    return { value, cell: value === undefined ? null : { content, sort: value } };
  }),
  {
    ...{ csv: 'images_per_second', title: 'Images/s', numeric: true },
    value: ({ record: { imagesPerSecond } }) => imagesPerSecond && Math.round(imagesPerSecond),
  },
  {
    ...{ csv: 'seconds', title: 'Time', numeric: true, value: ({ record }) => Math.round(record.seconds) },
    cell: ({ record }) => durationCell(record.seconds),
  },
  { csv: 'engine', title: 'Engine', value: ({ record }) => record.engine },
  { csv: 'device', title: 'Device', value: ({ record }) => record.device },
  { title: 'Commit', value: ({ record }) => record.gitCommit?.slice(0, 10) ?? 'unknown' },
];

/** `in_tables` is "yes" for the runs that the tables' means are over; `deviations` says why not of the others. */
export function runsTable(runs: readonly Run[], { placed }: Cells): Table {
  const inTables = new Set<Run>(placed.flatMap((group) => group.runs));
  const ended = ({ record: { status } }: Run) => (status === 'completed' ? [] : [status]);
  const columns: Column<Run>[] = [
    ...COLUMNS,
    { csv: 'in_tables', value: (run) => yesNo(inTables.has(run)) },
    { csv: 'deviations', value: (run) => [...ended(run), ...standingOf(run).deviations].join('; ') },
    { csv: 'notes', value: (run) => standingOf(run).notes.join('; ') },
  ];
  return table({ name: 'runs', title: 'Every run that was read', file: 'always', columns, rows: runs });
}

export const seedsTable = ({ name, runs }: Group): Html => sortableTable(`Seeds of ${name}`, COLUMNS, runs);

const UNFINISHED: readonly Column<Run>[] = [
  { csv: 'folder', title: 'Run', value: ({ folder }) => folder },
  { csv: 'status', title: 'Ended', value: ({ record }) => record.status },
  { csv: 'epochs_done', title: 'Epochs', numeric: true, value: ({ record }) => record.epochsDone },
  { csv: 'epochs', title: 'Of', numeric: true, value: ({ record }) => record.epochs },
  { csv: 'seconds', value: ({ record }) => Math.round(record.seconds) },
  { csv: 'device', value: ({ record }) => record.device },
  { csv: 'code', value: ({ record }) => record.error?.code },
  { csv: 'error', title: 'Why', wrap: true, value: ({ record }) => record.error?.message },
];

/** Runs that failed, diverged, were interrupted or never said that they ended. */
export function unfinishedTable(unfinished: readonly Run[]): Table {
  const explanation = html`In no mean. A run that is “running” is under way, or was killed before it could say why.`;
  const title = 'Runs that failed, diverged or did not end';
  return table({
    ...{ name: 'unfinished', title, link: 'Unfinished runs', explanation, file: 'always' },
    ...{ columns: UNFINISHED, rows: unfinished },
  });
}
