/** What a sweep is called on a cluster. */
import { createHash } from 'node:crypto';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';

/** The same for the same runs, and for no others: tasks that still wait keep their plan when others are submitted. */
export function submissionName(runs: readonly RunSpec[]): string {
  const text = runs.map(runConfigText).join('---\n');
  return `smoothout-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
