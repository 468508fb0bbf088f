/** A run's folder: what names it, where its files are, and who may write there. */
import { rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, makeFolder, removeStaleTemporaries } from '../support/files.js';
import { acquireLock, type Lock, waitForLock } from '../support/lock.js';

/** The files in a run's folder. */
const FILES = {
  /** The resolved config of this one run: `smoothout run` of this file repeats it. */
  config: 'config.yaml',
  record: 'run.json',
  metrics: 'metrics.jsonl',
  /** Parameters and batch statistics at the best validation epoch. */
  best: 'best.safetensors',
  /** The same at the last epoch, with the optimizer's state: what a resume needs. */
  last: 'last.safetensors',
  /** Of the average of the parameters, with running statistics of its own, at its best validation epoch. */
  average: 'average.safetensors',
  sharpness: 'sharpness.json',
  lock: 'run.lock.json',
} as const;

export type RunPaths = Readonly<Record<'folder' | keyof typeof FILES, string>>;

export function runPathsIn(folder: string): RunPaths {
  const paths = Object.entries(FILES).map(([name, file]) => [name, join(folder, file)]);
  return { folder, ...Object.fromEntries(paths) };
}

/** `<output>/runs/<experiment>/<label of the method>/seed-<n>`. The names are checked by the config's schema. */
export function runPaths(
  output: string,
  { experiment, method, seed }: { experiment: string; method: { label: string }; seed: number },
): RunPaths {
  return runPathsIn(join(output, 'runs', experiment, method.label, `seed-${seed}`));
}

/** What names a run, and its folder: experiment, label of the method, seed. */
export const runNameSchema = z.object({ experiment: z.string(), method: z.string(), seed: z.int() });
export type RunName = z.output<typeof runNameSchema>;

export const runText = ({ experiment, method, seed }: RunName): string => `${experiment}/${method}, seed ${seed}`;

/** The run that the path of one of its files names, or null for a file elsewhere. */
export function runOfPath(path: string): RunName | null {
  const match = /([^/\\]+)[/\\]([^/\\]+)[/\\]seed-(\d+)[/\\][^/\\]+$/.exec(path);
  return match === null ? null : { experiment: at(match, 1), method: at(match, 2), seed: Number(match[3]) };
}

/**
 * Makes the folders of runs to come, each with its config: that is how others see that they wait. A run that has begun, or
 * is just beginning, is left alone; so is one whose folder cannot be written.
 *
 * @returns the runs that were not there before.
 */
export async function makeRunFolders(output: string, specs: readonly RunSpec[]): Promise<RunPaths[]> {
  const waiting: RunPaths[] = [];
  for (const spec of specs) {
    const paths = runPaths(output, spec);
    try {
      await makeFolder(paths.folder);
      await writeFile(paths.config, runConfigText(spec), { flag: 'wx' });
      waiting.push(paths);
    } catch {
      // It is there already, or says itself what is wrong.
    }
  }
  return waiting;
}

/** Whether a run has its folder and has not begun. */
export async function isWaiting({ config, record, metrics, last }: RunPaths): Promise<boolean> {
  const [waits, ...begun] = await Promise.all([config, record, metrics, last].map(exists));
  return waits === true && !begun.includes(true);
}

/** Removes the folders of those that still wait. */
export async function removeWaiting(waiting: readonly RunPaths[]): Promise<void> {
  for (const paths of waiting) {
    if (await exists(paths.record)) continue;
    try {
      const lock = await acquireLock(paths.lock);
      if (!(await exists(paths.record))) await rm(paths.config, { force: true });
      await lock.release();
      // Up to the folder of runs, as far as nothing else is there.
      for (let folder = paths.folder, i = 0; i < 3; i++, folder = dirname(folder)) await rmdir(folder);
    } catch {
      // Somebody else is beginning it, or the disk is away: its folder stays.
    }
  }
}

/**
 * Makes the folder where there is none, locks it, and clears away what a killed process left unfinished.
 *
 * @param lockSeconds how long it waits for a process that holds the lock.
 * @throws SmoothOutError RUN_LOCKED, NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function openRun(paths: RunPaths, lockSeconds = 0): Promise<Lock> {
  await makeFolder(paths.folder);
  const lock = await waitForLock(paths.lock, lockSeconds);
  try {
    await removeStaleTemporaries(paths.folder);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
}

/** What is measured of a checkpoint is beside it: in KIND.json for best.safetensors, in NAME-KIND.json for any other. */
export function recordBeside(checkpoint: string, kind: 'sharpness' | 'curvature'): string {
  const name = basename(checkpoint, '.safetensors');
  return join(dirname(checkpoint), name === 'best' ? `${kind}.json` : `${name}-${kind}.json`);
}

/** Removes the files of an earlier run and what was measured of it, for a start from scratch. The folder must be locked. */
export async function clearRun(paths: RunPaths): Promise<void> {
  // The record goes first: without it, whatever a kill leaves of the others counts as no run.
  const { record, last, best, average, metrics, config } = paths;
  const checkpoints = [last, best, average];
  const measured = (['sharpness', 'curvature'] as const).flatMap((kind) =>
    checkpoints.map((checkpoint) => recordBeside(checkpoint, kind)),
  );
  for (const path of [record, ...checkpoints, metrics, ...measured, config]) await rm(path, { force: true });
}

/** What is left of a run cannot be used. */
export function damaged(where: string, why: string): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${where}: ${why}`, { hint: 'Start the run over with --force.' });
}
