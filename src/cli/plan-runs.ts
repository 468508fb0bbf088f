/** Which runs a command line means: what `run` trains and other commands count, submit or look at. */
import { loadConfigs } from '../config/load.js';
import { resolveAllRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { overridesOf, type PlanOptions, selectionOf } from './options.js';

/**
 * Every run that the configs and options ask for, in their order; all of them are checked before any starts.
 *
 * @throws SmoothOutError CONFIG_INVALID, USAGE
 */
export async function planRuns(files: readonly string[], options: PlanOptions): Promise<RunSpec[]> {
  const set = overridesOf(options);
  const settings = { set, ...(options.method && { methods: options.method }) };
  const configs = await Promise.all(
    files.map(async (file) => (await loadConfigs(file, settings)).map((config) => [config, file] as const)),
  );
  return resolveAllRuns(configs.flat(), selectionOf(options));
}
