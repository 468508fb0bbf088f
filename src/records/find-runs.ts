/** From what a user names (a folder, an experiment, a pattern) to the folders of runs. */
import { readdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { at } from '../support/at.js';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { exists, isFolder } from '../support/files.js';

/** The folder of a run, and where it stands. */
export interface FoundRun {
  /** The folder of runs. */
  readonly root: string;
  /** EXPERIMENT/METHOD/seed-N below it. */
  readonly name: string;
  readonly folder: string;
}

/** EXPERIMENT/METHOD/seed-N, below a folder of runs. */
export const RUN_DEPTH = 3;
/** Whether a folder is called as a run's own is. */
export const isRunFolder = (path: string): boolean => /^seed-\d+$/.test(basename(resolve(path)));

/**
 * The runs in a folder of results or of runs, of an experiment or of a method, or the one in its own folder; else those
 * that a pattern such as `f1-lb`, `f1-*` or `f1-lb/smoothout` names below `<results>/runs`.
 *
 * @returns in the order of their names, numbers in them counted as numbers; none in a folder without runs.
 * @throws SmoothOutError USAGE: no such folder, and no run of that name.
 */
export async function findRuns(what: string, results: string): Promise<FoundRun[]> {
  if (await isFolder(what)) return runsIn(what);
  const root = await rootOf(results);
  const parts = what.split('/').filter((part) => part !== '');
  const matches = (name: string) => name.split('/').every((part, i) => i >= parts.length || isLike(part, at(parts, i)));
  const found = parts.length > RUN_DEPTH ? [] : (await foldersBelow(root, RUN_DEPTH)).filter(matches);
  if (found.length > 0) return found.map((name) => ({ root, name, folder: join(root, name) }));
  const near = didYouMean(what, await foldersBelow(root, parts.length));
  throw new SmoothOutError('USAGE', `${what}: no such folder, and no such run in ${root}${near}`, {
    hint: 'Give a folder of runs, or a name below it such as f1-lb, "f1-*" or f1-lb/smoothout.',
  });
}

/** The folder of runs in a folder of results; any other folder itself. */
export async function rootOf(folder: string): Promise<string> {
  const runs = join(folder, 'runs');
  return (await isFolder(runs)) ? runs : folder;
}

async function runsIn(folder: string): Promise<FoundRun[]> {
  const inner = await rootOf(folder);
  const depth = await depthOfRuns(inner);
  const root = join(inner, ...Array<string>(RUN_DEPTH - depth).fill('..'));
  const prefix = relative(resolve(root), resolve(inner));
  const below = await foldersBelow(inner, depth);
  const names = below.map((name) => join(prefix, name));
  return names.map((name) => ({ root, name, folder: join(root, name) }));
}

/** How far below the folder its runs are; as in a folder of runs where there are none. */
async function depthOfRuns(folder: string): Promise<number> {
  if (isRunFolder(folder)) return 0;
  for (let depth = 1; depth < RUN_DEPTH; depth++) {
    const names = await foldersBelow(folder, depth);
    if (names.some(isRunFolder)) return depth;
  }
  return RUN_DEPTH;
}

function isLike(name: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[^\w*?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(name);
}

const NATURAL = new Intl.Collator('en', { numeric: true });

/**
 * A/B/C of every folder so many levels below, whatever is in it. Links to folders are followed.
 *
 * @param leftOut is told of each folder that cannot be read and each link that leads nowhere. No `root` is no folders.
 */
export async function foldersBelow(
  root: string,
  depth: number,
  leftOut: (where: string, what: string) => void = () => {},
): Promise<string[]> {
  let level = [''];
  for (let i = 0; i < depth; i++) {
    level = (await Promise.all(level.map((folder) => foldersIn(root, folder, leftOut)))).flat();
  }
  return level;
}

async function foldersIn(
  root: string,
  parent: string,
  leftOut: (where: string, what: string) => void,
): Promise<string[]> {
  const entries = await readdir(join(root, parent), { withFileTypes: true }).catch(
    ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'ENOENT') leftOut(parent || 'runs', `the folder cannot be read (${code})`);
      return [];
    },
  );
  const folders: string[] = [];
  for (const entry of entries.filter(({ name }) => !name.startsWith('.'))) {
    const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
    if (entry.isDirectory() || (await isFolder(join(root, path)).catch(() => false))) folders.push(path);
    else if (entry.isSymbolicLink() && !(await exists(join(root, path)).catch(() => false)))
      leftOut(path, 'the link leads nowhere');
  }
  return folders.sort(NATURAL.compare);
}
