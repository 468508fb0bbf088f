/** What a sweep is called on a cluster. */
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { sha256 } from '../support/digest.js';

/** The same for the same runs, and for no others: tasks that still wait keep their plan when others are submitted. */
export function submissionName(runs: readonly RunSpec[]): string {
  const text = runs.map(runConfigText).join('---\n');
  return `smoothout-${sha256(text).slice(0, 8)}`;
}
