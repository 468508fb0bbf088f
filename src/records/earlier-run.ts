/** What a run's folder holds already: the same run, begun or finished, or another that is in its way. */
import { otherSettings } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { type RunPaths, runPaths } from './run-folder.js';
import { type RunRecord, readRunRecord } from './run-record.js';

/**
 * The record of the run where it has begun.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where what is there is damaged or of other settings.
 */
export async function readEarlierRun(paths: RunPaths, spec: RunSpec): Promise<RunRecord | undefined> {
  if (!(await exists(paths.record))) return undefined;
  const earlier = await readRunRecord(paths.record);
  if (earlier.configHash === spec.configHash) return earlier;
  throw startedWithOther(`settings: ${await otherSettings(paths.config, spec)}`, paths);
}

/** The record of each run; undefined where it has none, or none that can be read, of which training says why. */
export const recordsOf = (runs: readonly RunSpec[], out: string): Promise<(RunRecord | undefined)[]> =>
  Promise.all(
    runs.map(async (spec) => {
      const { record } = runPaths(out, spec);
      return (await exists(record)) ? readRunRecord(record).catch(() => undefined) : undefined;
    }),
  );

/** Completed, or diverged, which training again would not change. */
export const isFinished = (record: RunRecord | undefined): boolean =>
  record?.status === 'completed' || record?.status === 'diverged';

/** The record of each run. @throws SmoothOutError CHECKPOINT_INVALID, as `readEarlierRun`. */
export const readEarlierRuns = (runs: readonly RunSpec[], out: string): Promise<(RunRecord | undefined)[]> =>
  Promise.all(runs.map((spec) => readEarlierRun(runPaths(out, spec), spec)));

/**
 * The runs that are not finished.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID, as `readEarlierRun`.
 */
export async function unfinishedRuns(runs: readonly RunSpec[], out: string): Promise<RunSpec[]> {
  const records = await readEarlierRuns(runs, out);
  return runs.filter((_, i) => !isFinished(records[i]));
}

export function startedWithOther(what: string, { record }: RunPaths): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${record}: this run was started with other ${what}`, {
    hint: 'Give the experiment another name, choose another --out, or start over with --force.',
  });
}
