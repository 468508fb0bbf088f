/** What the results cost: hours by device, and by what they went into. */
import { isTuningTrial } from '../../config/tuned.js';
import type { RunRecord } from '../../records/run-record.js';
import { groupBy } from '../../support/statistics.js';
import { html } from '../page/html.js';
import type { Run } from '../runs.js';
import { decimal } from './columns.js';
import { type Column, type Table, table } from './table.js';

/** What was spent on one device in one way. */
interface Row extends Pick<NonNullable<RunRecord['environments']>[number], 'engine' | 'device'> {
  /** Empty in records of before they said it. */
  readonly processor: string;
  readonly threads: number | '';
  readonly activity: 'training' | 'tuning' | 'sharpness';
  readonly outcome: RunRecord['status'];
  /** Runs, or measurements. */
  readonly count: number;
  readonly seconds: number;
}

const hours = ({ seconds }: Pick<Row, 'seconds'>): number => seconds / 3600;

const COLUMNS: readonly Column<Row>[] = [
  { csv: 'engine', title: 'Engine', value: ({ engine }) => engine },
  { csv: 'device', title: 'Device', value: ({ device }) => device },
  {
    ...{ csv: 'processor', title: 'Processor', value: ({ processor }) => processor },
    cell: ({ processor }) => processor || 'not recorded',
  },
  { csv: 'threads', title: 'Threads', numeric: true, value: ({ threads }) => threads },
  { csv: 'activity', title: 'For', value: ({ activity }) => activity },
  { csv: 'outcome', title: 'Ended', value: ({ outcome }) => outcome },
  { csv: 'count', title: 'Count', numeric: true, value: ({ count }) => count },
  {
    ...{ csv: 'hours', title: 'Hours', numeric: true, value: (row) => decimal(hours(row)) },
    cell: (row) => hours(row).toFixed(1),
  },
];

/** A line for each device, activity and outcome, of all runs: tuning, failed and unfinished ones too. */
export function spentTable(runs: readonly Run[]): Table {
  const all = runs.flatMap((run) => [...trainingOf(run), ...measuringOf(run)]);
  const kind = ({ seconds: _, ...rest }: Row) => JSON.stringify(Object.values(rest));
  const rows = [...groupBy(all, kind).values()].map((alike) => ({
    ...alike[0],
    count: alike.length,
    seconds: alike.reduce((sum, { seconds }) => sum + seconds, 0),
  }));
  const total = rows.reduce((sum, row) => sum + hours(row), 0);
  const explanation = html`${total.toFixed(1)} hours in all: of trainings the epochs that were finished, with those of tuning and of runs
that failed; of sharpness the measurements that are kept. What a kill undid, and the curves around minima, are not recorded.`;
  return table({
    ...{ name: 'spent', title: 'What it cost, in hours by device', link: 'Cost', explanation, file: 'always' },
    ...{ columns: COLUMNS, rows },
  });
}

/** The epochs of a run, each where it was trained: a resumed run may have been moved to another machine. */
function trainingOf({ record, metrics, settings }: Run): Row[] {
  const { engine, device, environments = [], status: outcome, seconds } = record;
  const activity = isTuningTrial(settings) ? 'tuning' : 'training';
  const common = { activity, outcome, count: 1 } as const;
  const isKnown = metrics.length > 0 && environments.every(({ fromEpoch }) => fromEpoch !== undefined);
  if (environments.length < 2 || !isKnown) {
    const { processor = '', threads = '' } = environments.at(-1) ?? {};
    return [{ engine, device, processor, threads, ...common, seconds }];
  }
  return environments.map(({ engine, device, processor, threads, fromEpoch = 0 }, i) => {
    const end = environments[i + 1]?.fromEpoch;
    const own = metrics.slice(fromEpoch, end);
    const spent = own.reduce((sum, epoch) => sum + epoch.seconds, 0);
    return { engine, device, processor, threads, ...common, seconds: spent };
  });
}

function measuringOf({ sharpness, curvature }: Run): Row[] {
  const { measurements = [], perturbations = [] } = sharpness ?? {};
  const measured = [...measurements, ...perturbations, ...(curvature?.measurements ?? [])];
  const common = { processor: '', threads: '', activity: 'sharpness', outcome: 'completed', count: 1 } as const;
  return measured.map(({ engine, device, seconds }) => ({ engine, device, ...common, seconds }));
}
