/** When a plan of runs will be done, from how fast those went that have trained. */
import type { RunSpec } from '../config/schema.js';
import { at } from '../support/at.js';

/** A run that is not finished. */
export interface Ahead {
  readonly spec: RunSpec;
  /** To train on, all epochs that are left together. */
  readonly images: number;
  /** Whether it trains, and how many images a second; null before its first step. */
  readonly isRunning: boolean;
  readonly speed: number | null;
}

/** How fast runs were, by what decides that. */
export interface Speeds {
  readonly note: (spec: RunSpec, imagesPerSecond: number) => void;
  /** Of runs like this one; the mean of all where there is none, and null where nothing has trained. */
  readonly of: (spec: RunSpec) => number | null;
}

export function createSpeeds(): Speeds {
  const latest = new Map<string, number>();
  const key = ({ model, batchSize, ghostBatchSize, method }: RunSpec) =>
    [model, batchSize, ghostBatchSize, method.label].join();
  return {
    note: (spec, imagesPerSecond) => void latest.set(key(spec), imagesPerSecond),
    of(spec) {
      const all = [...latest.values()];
      return latest.get(key(spec)) ?? (all.length === 0 ? null : all.reduce((a, b) => a + b) / all.length);
    },
  };
}

/** Seconds until the last run is done, where each that waits takes the first lane that is free; null while unknown. */
export function secondsLeft(ahead: readonly Ahead[], lanes: number, speeds: Pick<Speeds, 'of'>): number | null {
  const seconds = ahead.map(({ spec, images, speed }) => images / (speed ?? speeds.of(spec) ?? Number.NaN));
  if (!seconds.every(Number.isFinite)) return null;
  const free = ahead.flatMap(({ isRunning }, i) => (isRunning ? [at(seconds, i)] : []));
  while (free.length < lanes) free.push(0);
  for (const [i, { isRunning }] of ahead.entries()) {
    if (isRunning) continue;
    const least = Math.min(...free);
    free[free.indexOf(least)] = least + at(seconds, i);
  }
  return Math.max(...free);
}
