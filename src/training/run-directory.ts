/** A run's folder: where its files are, and who may write there. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, removeStaleTemporaries } from '../support/files.js';
import { acquireLock, type Lock } from './lock.js';

export interface RunPaths {
  readonly folder: string;
  /** The resolved config of this one run: `smoothout run` of this file repeats it. */
  readonly config: string;
  readonly record: string;
  readonly metrics: string;
  /** Parameters and batch statistics at the best validation epoch. */
  readonly best: string;
  /** The same at the last epoch, with the optimizer's state: what a resume needs. */
  readonly last: string;
  readonly sharpness: string;
  readonly lock: string;
}

/** The files of the run in `folder`. */
export function runPathsIn(folder: string): RunPaths {
  return {
    folder,
    config: join(folder, 'config.yaml'),
    record: join(folder, 'run.json'),
    metrics: join(folder, 'metrics.jsonl'),
    best: join(folder, 'best.safetensors'),
    last: join(folder, 'last.safetensors'),
    sharpness: join(folder, 'sharpness.json'),
    lock: join(folder, 'run.lock.json'),
  };
}

/** `<output>/runs/<experiment>/<label of the method>/seed-<n>`. The names are checked by the config's schema. */
export function runPaths(
  output: string,
  { experiment, method, seed }: { experiment: string; method: { label: string }; seed: number },
): RunPaths {
  return runPathsIn(join(output, 'runs', experiment, method.label, `seed-${seed}`));
}

/**
 * Makes the folder where there is none, locks it, and clears away what a killed process left unfinished.
 *
 * @throws SmoothOutError RUN_LOCKED, NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function openRun(paths: RunPaths): Promise<Lock> {
  await makeFolder(paths.folder);
  const lock = await acquireLock(paths.lock);
  try {
    await removeStaleTemporaries(paths.folder);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
}

/** Removes the files of an earlier run, for a start from scratch. The folder must be locked. */
export async function clearRun(paths: RunPaths): Promise<void> {
  // The record goes first: without it, whatever a kill leaves of the others counts as no run.
  for (const path of [paths.record, paths.last, paths.best, paths.metrics, paths.sharpness, paths.config]) {
    await rm(path, { force: true });
  }
}

/** The folders with a run.json under `runs` (`<output>/runs`), in alphabetical order; none where there is no such folder. */
export async function listRuns(runs: string): Promise<RunPaths[]> {
  const found: RunPaths[] = [];
  for (const experiment of await folders(runs)) {
    for (const method of await folders(experiment)) {
      for (const seed of await folders(method)) {
        const names = await readdir(seed);
        if (names.includes('run.json')) found.push(runPathsIn(seed));
      }
    }
  }
  return found;
}

async function folders(parent: string): Promise<string[]> {
  try {
    const entries = await readdir(parent, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((name) => join(parent, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
