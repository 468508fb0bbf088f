/** `--budget`: which runs of a plan fit a time. */
import type { RunSpec } from '../config/schema.js';
import { SmoothOutError } from '../support/errors.js';

const UNITS: Readonly<Record<string, number>> = { min: 60, h: 3600, d: 86_400 };

/** Seconds of a text such as 90min, 3h or 1.5d. @throws SmoothOutError USAGE */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(min|h|d)$/.exec(text) ?? [];
  const seconds = Number(number) * (UNITS[unit ?? ''] ?? 0);
  if (seconds > 0) return seconds;
  throw new SmoothOutError('USAGE', `--budget ${text}: expected a time such as 90min, 3h or 1.5d`);
}

/** A run of a plan. */
export interface PlannedRun {
  readonly spec: RunSpec;
  /** How long the rest of it takes; 0 where it is finished. */
  readonly seconds: number;
}

/**
 * The unfinished runs that fit: of the cells of a table (experiment and method), those that have the fewest seeds come first,
 * each run counted as soon as it is chosen. One that is too long is left out and shorter ones behind it may still fit.
 *
 * @param seconds the time that there is, in which `jobs` runs train at once
 */
export function withinBudget<R extends PlannedRun>(runs: readonly R[], seconds: number, jobs: number): R[] {
  const cellOf = ({ spec: { experiment, method } }: PlannedRun) => `${experiment}/${method.label}`;
  const seeds = new Map<string, number>();
  const count = (run: PlannedRun) => seeds.set(cellOf(run), seedsOf(run) + 1);
  const seedsOf = (run: PlannedRun) => seeds.get(cellOf(run)) ?? 0;
  for (const run of runs) if (run.seconds === 0) count(run);
  const chosen: R[] = [];
  const lanes = createLanes(jobs);
  let left = runs.filter((run) => run.seconds > 0);
  for (;;) {
    left = left.filter((run) => lanes.endWith(run) <= seconds);
    const [next] = left.toSorted((a, b) => seedsOf(a) - seedsOf(b));
    if (next === undefined) return chosen;
    count(next);
    chosen.push(next);
    lanes.take(next);
    left = left.filter((run) => run !== next);
  }
}

type Timed = Pick<PlannedRun, 'seconds'>;

/** Seconds until all are done. */
export function timeOf(runs: readonly Timed[], jobs: number): number {
  const lanes = createLanes(jobs);
  for (const run of runs) lanes.take(run);
  return lanes.endWith({ seconds: 0 });
}

/** When jobs are free, of which the first that is takes the next run. */
function createLanes(jobs: number) {
  const free = new Array<number>(jobs).fill(0);
  return {
    take({ seconds }: Timed): void {
      const first = Math.min(...free);
      free[free.indexOf(first)] = first + seconds;
    },
    /** When all would be done, were this run the next. */
    endWith: ({ seconds }: Timed): number => Math.max(...free, Math.min(...free) + seconds),
  };
}
