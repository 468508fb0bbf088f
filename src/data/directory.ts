import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { DATASETS_FOLDER, type DatasetName } from './catalogue.js';

/** Where data is looked for: `--data`, else the environment's SMOOTHOUT_DATA, else this installation's datasets folder. */
export function dataDirectory(option?: string): string {
  return resolve(option || process.env.SMOOTHOUT_DATA || DATASETS_FOLDER);
}

/** Where a reader looks. */
export interface Place {
  readonly dataset: DatasetName;
  /** The data folder. */
  readonly root: string;
  /** Folders below it, tried in order. */
  readonly folders: readonly string[];
  /** What to try when something is missing. */
  readonly hint: string;
}

export interface Located {
  readonly folder: string;
  /** The path of each wanted file, in the order asked for. */
  readonly paths: readonly string[];
}

/**
 * Looks for files in the first of the place's folders that has any of them. Each file is given as the names it may
 * have, best first; the paths are in the order asked for, undefined for those that are not there.
 */
export async function findFiles(
  { root, folders }: Place,
  files: readonly (readonly string[])[],
): Promise<{ readonly folder: string; readonly paths: readonly (string | undefined)[] } | undefined> {
  for (const below of folders) {
    const folder = join(root, below);
    const present = await namesIn(folder);
    const found = files.map((names) => names.find((name) => present.has(name)));
    if (found.some((name) => name !== undefined)) {
      return { folder, paths: found.map((name) => (name === undefined ? undefined : join(folder, name))) };
    }
  }
  return undefined;
}

/**
 * Finds all of the files in one of the place's folders.
 *
 * @throws SmoothOutError DATA_MISSING naming the folders looked in, or the file that is missing beside the others.
 */
export async function locate(place: Place, files: readonly (readonly string[])[]): Promise<Located> {
  const found = await findFiles(place, files);
  if (found === undefined) {
    throw missingData(
      place,
      files.map((names) => names[0]!),
    );
  }
  const paths = found.paths.map((path, i) => {
    if (path !== undefined) return path;
    throw new SmoothOutError(
      'DATA_MISSING',
      `${place.dataset}: ${files[i]!.join(' or ')} is missing from ${found.folder}, where other files of the data set are`,
      { hint: place.hint },
    );
  });
  return { folder: found.folder, paths };
}

/** DATA_MISSING: none of the place's folders has any of the names. */
export function missingData({ dataset, root, folders, hint }: Place, names: readonly string[]): SmoothOutError {
  const looked = folders.map((below) => join(root, below)).join(', ');
  return new SmoothOutError('DATA_MISSING', `${dataset}: no ${names.join(', ')} in ${looked}`, { hint });
}

/** The names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return new Set();
    }
    throw new SmoothOutError('DATA_MISSING', `cannot read the folder ${folder}`, { cause: error });
  }
}
