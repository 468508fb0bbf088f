import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder for results, removed when the test is over. */
export async function resultsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-report-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
