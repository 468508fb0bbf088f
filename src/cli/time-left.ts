/** Estimates when all runs of a plan will be done, from the speed of those that have trained. */
import type { RunSpec } from '../config/schema.js';
import { timeOf } from '../jobs/budget.js';
import { meanOf } from '../support/statistics.js';

/** A run that is not finished. */
export interface Ahead {
  readonly spec: RunSpec;
  /** To train on, all epochs that are left together. */
  readonly images: number;
  /** Whether it trains, and how many images a second; null before its first step. */
  readonly isRunning: boolean;
  readonly speed: number | null;
}

/** The speeds of runs, by the settings that decide them. */
export function createSpeeds() {
  const latest = new Map<string, number>();
  const key = ({ model, batchSize, ghostBatchSize, method }: RunSpec) =>
    [model, batchSize, ghostBatchSize, method.label].join();
  return {
    note: (spec: RunSpec, imagesPerSecond: number) => void latest.set(key(spec), imagesPerSecond),
    /** Of runs like this one; the mean of all where there is none, and null where nothing has trained. */
    of(spec: RunSpec): number | null {
      return latest.get(key(spec)) ?? (latest.size === 0 ? null : meanOf([...latest.values()]));
    },
  };
}

/** Seconds until the last run is done; null while unknown. Those that run come first, as they have their jobs already. */
export function secondsLeft(
  ahead: readonly Ahead[],
  jobs: number,
  speeds: Pick<ReturnType<typeof createSpeeds>, 'of'>,
): number | null {
  const left = ahead
    .toSorted((a, b) => Number(b.isRunning) - Number(a.isRunning))
    .map(({ spec, images, speed }) => ({ seconds: images / (speed ?? speeds.of(spec) ?? Number.NaN) }));
  return left.every(({ seconds }) => Number.isFinite(seconds)) ? timeOf(left, jobs) : null;
}
