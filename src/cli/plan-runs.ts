/** Which runs a command line means, and what they have left before. */
import { loadConfigs } from '../config/load.js';
import { resolveAllRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { type RunRecord, readRunRecord } from '../records/run-record.js';
import { exists } from '../support/files.js';
import { overridesOf, type PlanOptions } from './options.js';
import { log } from './output.js';
import { runName } from './runs-progress.js';

/**
 * Every run that the configs and options ask for, in their order; all of them are checked before any starts.
 *
 * @throws SmoothOutError CONFIG_INVALID, USAGE
 */
export async function planRuns(files: readonly string[], options: PlanOptions): Promise<RunSpec[]> {
  const { method: methods, seed: seeds } = options;
  const settings = { set: overridesOf(options), methods };
  const configs = await Promise.all(
    files.map(async (file) => (await loadConfigs(file, settings)).map((config) => [config, file] as const)),
  );
  return resolveAllRuns(configs.flat(), { methods, seeds });
}

/** What each run has left before: undefined where there is no record, or none that can be read: training it says why. */
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
