/** What is left to do of a sweep, as a cluster's tasks are told it. */
import { createHash } from 'node:crypto';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { isFinished, readEarlierRun } from '../records/earlier-run.js';
import { runPaths } from '../records/run-folder.js';

/**
 * The runs that are neither completed nor diverged.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the folder of one is damaged or of other settings.
 */
export async function unfinishedRuns(runs: readonly RunSpec[], out: string): Promise<RunSpec[]> {
  const records = await Promise.all(runs.map((spec) => readEarlierRun(runPaths(out, spec), spec)));
  return runs.filter((_, i) => !records[i] || !isFinished(records[i]));
}

/** The same for the same runs: tasks that still wait keep their plan when others are submitted. */
export function submissionName(runs: readonly RunSpec[]): string {
  const text = runs.map(runConfigText).join('---\n');
  return `smoothout-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
