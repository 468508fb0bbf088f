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
 * Finds files in the first of the place's folders that has any of them. Each file is given as the names it may have,
 * best first.
 *
 * @throws SmoothOutError DATA_MISSING naming the folders looked in, or the file that is missing beside the others.
 */
export async function locate(place: Place, files: readonly (readonly string[])[]): Promise<Located> {
  for (const below of place.folders) {
    const folder = join(place.root, below);
    const present = await namesIn(folder);
    const found = files.map((names) => names.find((name) => present.has(name)));
    if (found.every((name) => name === undefined)) continue;
    const missing = found.indexOf(undefined);
    if (missing >= 0) {
      throw new SmoothOutError(
        'DATA_MISSING',
        `${place.dataset}: ${files[missing]!.join(' or ')} is missing from ${folder}, where other files of the data set are`,
        { hint: place.hint },
      );
    }
    return { folder, paths: found.map((name) => join(folder, name!)) };
  }
  throw missingData(
    place,
    files.map((names) => names[0]!),
  );
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
