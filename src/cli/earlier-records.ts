/** What planned runs have left in the folder of results before. */
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { type RunRecord, readRunRecord } from '../records/run-record.js';
import { exists } from '../support/files.js';
import { log } from './output.js';
import { runName } from './runs-progress.js';

/** The record of each run; undefined where it has none, or none that can be read, of which training it says why. */
export function recordsOf(runs: readonly RunSpec[], out: string): Promise<(RunRecord | undefined)[]> {
  return Promise.all(
    runs.map(async (spec) => {
      const { record } = runPaths(out, spec);
      return (await exists(record)) ? readRunRecord(record).catch(() => undefined) : undefined;
    }),
  );
}

/** The runs that failed or diverged; says of each why. */
export async function failedRuns(runs: readonly RunSpec[], out: string): Promise<RunSpec[]> {
  const records = await recordsOf(runs, out);
  const failed = runs.filter((spec, i) => {
    const { status, error } = records[i] ?? {};
    if (status !== 'failed' && status !== 'diverged') return false;
    log(`${runName(spec)}: ${status} before: ${error?.message ?? 'for an unknown reason'}`);
    return true;
  });
  log(`${failed.length} of ${runs.length} runs failed or diverged`);
  return failed;
}
