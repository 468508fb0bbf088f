/** What a folder of results could do without: nothing that a resume, a report or a measurement needs. */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TRAINING_PREFIXES } from '../nn/weights.js';
import { isFolder, isTemporary, writeFileAtomic } from '../support/files.js';
import { acquireLock } from '../support/lock.js';
import { isDead, readHolder } from '../support/lock-holder.js';
import { encodeSafetensors, readSafetensors, readSafetensorsHeader } from '../support/safetensors.js';
import { findRuns, foldersBelow, isRunFolder, RUN_DEPTH, rootOf } from './find-runs.js';
import { runPathsIn } from './run-folder.js';
import { readRunRecord } from './run-record.js';

interface Removable {
  readonly kind: 'optimizer state' | 'temporary file' | 'empty folder';
  readonly path: string;
  /** That its removal frees. */
  readonly bytes: number;
}

/**
 * Finds what may be removed:
 *
 * - the optimizer's and the method's vectors in last.safetensors of completed runs; the parameters in that file stay
 * - temporary files, which processes left that were killed while they wrote
 * - empty folders of runs
 *
 * @param what as `findRuns` takes it.
 * @returns these items, and the folders of runs that a process may be working in, of which nothing is an item.
 * @throws SmoothOutError USAGE, FILE_UNREADABLE
 */
export async function findRemovable(what: string, results: string): Promise<{ items: Removable[]; inUse: string[] }> {
  const items: Removable[] = [];
  const inUse: string[] = [];
  const runs = await findRuns(what, results);
  for (const { folder } of runs) {
    const names = await readdir(folder);
    if (await isInUse(folder, names)) inUse.push(folder);
    else items.push(...(await optimizerState(folder)), ...(await temporaries(folder, names)));
  }
  const folders = new Set(runs.map(({ folder }) => folder));
  if (await isFolder(what)) {
    const root = await rootOf(what);
    for (let depth = 1; depth <= RUN_DEPTH; depth++) {
      for (const name of await foldersBelow(root, depth)) folders.add(join(root, name));
    }
    const shared = root === what ? [] : [what, join(what, 'figures')];
    // Where no lock says whether somebody writes: those that nobody can be writing any more.
    for (const folder of shared) items.push(...(await temporaries(folder, await namesIn(folder), OLD_SECONDS)));
  }
  items.push(...(await emptyFolders([...folders])));
  return { items, inUse };
}

/** Whether a process holds a lock in the folder. One whose holder is on another machine, or is unknown, counts as held. */
async function isInUse(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names.filter((each) => each.endsWith('.lock.json'))) {
    const holder = await readHolder(join(folder, name)).catch(() => 'unknown' as const);
    if (holder === 'unknown' || (holder !== null && !isDead(holder))) return true;
  }
  return false;
}

/** The average that some runs keep is not: it is a result, as the parameters are. */
const isOfOptimizer = (tensor: string): boolean =>
  tensor.startsWith(TRAINING_PREFIXES.optimizer) || tensor.startsWith(TRAINING_PREFIXES.memory);

async function optimizerState(folder: string): Promise<Removable[]> {
  const { record, last } = runPathsIn(folder);
  if (!(await isCompleted(record))) return [];
  const header = await readSafetensorsHeader(last).catch(() => null);
  const bytes = Object.entries(header?.bytes ?? {}).reduce(
    (sum, [tensor, length]) => sum + (isOfOptimizer(tensor) ? length : 0),
    0,
  );
  return bytes > 0 ? [{ kind: 'optimizer state', path: last, bytes }] : [];
}

const isCompleted = async (record: string): Promise<boolean> =>
  readRunRecord(record).then(
    ({ status }) => status === 'completed',
    () => false,
  );

/** @param age in seconds: only what has not changed for so long. */
async function temporaries(
  folder: string,
  names: readonly string[],
  age = Number.NEGATIVE_INFINITY,
): Promise<Removable[]> {
  const found: Removable[] = [];
  for (const path of names.filter(isTemporary).map((name) => join(folder, name))) {
    const { size, mtimeMs } = await stat(path);
    if ((Date.now() - mtimeMs) / 1000 >= age) found.push({ kind: 'temporary file', path, bytes: size });
  }
  return found;
}

/** Folders of runs, and those with nothing but such folders, the innermost first. Other empty folders are somebody else's. */
async function emptyFolders(folders: readonly string[]): Promise<Removable[]> {
  const empty = new Set<string>();
  for (const path of [...folders].sort((a, b) => b.length - a.length)) {
    const names = await readdir(path);
    const isEmpty = names.length === 0 ? isRunFolder(path) : names.every((name) => empty.has(join(path, name)));
    if (isEmpty) empty.add(path);
  }
  return [...empty].map((path) => ({ kind: 'empty folder', path, bytes: 0 }));
}

/** Longer than any file takes to be written. */
const OLD_SECONDS = 3600;

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** @throws SmoothOutError RUN_LOCKED, where a process has just begun to work there; NO_SPACE, OUTPUT_UNWRITABLE */
export async function removeItem({ kind, path }: Removable): Promise<void> {
  // A temporary file that was there while nobody worked there is never written again: its name is drawn at random.
  if (kind === 'temporary file') await rm(path, { force: true });
  else if (kind === 'empty folder') await rmdir(path).catch(() => {});
  else await removeOptimizerState(dirname(path));
}

async function removeOptimizerState(folder: string): Promise<void> {
  const { lock: lockPath, record, last } = runPathsIn(folder);
  const lock = await acquireLock(lockPath);
  try {
    if (!(await isCompleted(record))) return;
    const { tensors, metadata } = await readSafetensors(last);
    const { place: _, ...rest } = metadata;
    const kept = Object.entries(tensors).filter(([tensor]) => !isOfOptimizer(tensor));
    await writeFileAtomic(last, encodeSafetensors(Object.fromEntries(kept), rest));
  } finally {
    await lock.release();
  }
}
