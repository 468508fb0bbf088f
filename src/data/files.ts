/** The files of a data set: where they are looked for, what they really are, and what is said where something is wrong. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../support/at.js';
import { type ErrorDetails, SmoothOutError } from '../support/errors.js';
import { asReadError, asWriteError, isFile, isFolder } from '../support/files.js';
import type { CatalogueEntry, DatasetName } from './catalogue.js';

/** The folders that a data set's files are looked for in. */
export interface DataPlace {
  readonly dataset: DatasetName;
  /** The data folder. */
  readonly root: string;
  /** Folders below it, tried in order. */
  readonly folders: readonly string[];
  /** The official files, which the catalogue lists; none of a data set that is folders of images. */
  readonly files: CatalogueEntry['files'];
  /** What to try when something is missing. */
  readonly hint: string;
}

/**
 * Looks for files in the first of the place's folders that has any of them. Each file is given as the names it may
 * have, best first; the paths are in the order asked for, undefined for those that are not there. A folder is taken for
 * a file only where nothing else has a name of the file's, to be told what it is.
 *
 * @throws SmoothOutError DATA_MISSING: a folder may not be entered.
 */
export async function findFiles(
  { root, folders }: DataPlace,
  files: readonly (readonly string[])[],
): Promise<{ readonly folder: string; readonly paths: readonly (string | undefined)[] } | undefined> {
  for (const below of folders) {
    const folder = join(root, below);
    if (!(await isFolder(folder, 'DATA_MISSING'))) continue;
    const paths: (string | undefined)[] = [];
    for (const names of files) {
      const candidates = names.map((name) => join(folder, name));
      paths.push((await first(candidates, isFile)) ?? (await first(candidates, isFolder)));
    }
    if (paths.some((path) => path !== undefined)) return { folder, paths };
  }
  return undefined;
}

async function first(paths: readonly string[], is: typeof isFile): Promise<string | undefined> {
  for (const path of paths) if (await is(path, 'DATA_MISSING')) return path;
  return undefined;
}

/**
 * Finds all of the files, as `findFiles`, in one of the place's folders.
 *
 * @throws SmoothOutError DATA_MISSING naming the folders looked in, or the file that is missing beside the others.
 */
export async function locateFiles(
  place: DataPlace,
  files: readonly (readonly string[])[],
): Promise<{ readonly folder: string; readonly paths: readonly string[] }> {
  const found = await findFiles(place, files);
  if (found === undefined) throw notFound(place, files.map((names) => at(names, 0)).join(', '));
  const { folder } = found;
  const paths = found.paths.map((path, i) => {
    if (path !== undefined) return path;
    const what = `${at(files, i).join(' or ')} is missing from ${folder}, where other files of the data set are`;
    throw missing(`${place.dataset}: ${what}`, place);
  });
  return { folder, paths };
}

/** DATA_MISSING: it is in none of the place's folders. */
export function notFound(place: DataPlace, what: string): SmoothOutError {
  const looked = place.folders.map((below) => join(place.root, below)).join(', ');
  return missing(`${place.dataset}: no ${what} in ${looked}`, place);
}

/** The error for a file or a data set that is not there. */
export const missing = (message: string, { hint }: Pick<ErrorDetails, 'hint'> = {}): SmoothOutError =>
  new SmoothOutError('DATA_MISSING', message, { hint });

/** The error for a file that is not what it should be. */
export const corrupt = (message: string, details?: ErrorDetails): SmoothOutError =>
  new SmoothOutError('DATA_CORRUPT', message, details);

/** Awaits the reading of a data file. @throws SmoothOutError DATA_MISSING where the system does not let it be read. */
export function reading<T>(path: string, read: Promise<T>): Promise<T> {
  return read.catch((error) => {
    throw asReadError(error, path, 'DATA_MISSING');
  });
}

/** `asWriteError` for the data folder: the hint names the options that choose it. */
export function dataWriteError(error: unknown, path: string): unknown {
  const failure = asWriteError(error, path);
  if (!(failure instanceof SmoothOutError && ['NO_SPACE', 'OUTPUT_UNWRITABLE'].includes(failure.code))) return failure;
  const first = failure.code === 'NO_SPACE' ? 'Free some space' : 'Make that place writable';
  return new SmoothOutError(failure.code, failure.message, {
    hint: `${first}, or choose another folder for the data with --data or SMOOTHOUT_DATA.`,
    cause: error,
  });
}

/** As many bytes tell what a file is. */
const HEAD = 512;

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

const KINDS: readonly [what: string, is: (head: Uint8Array, text: string) => boolean][] = [
  ['a web page that was saved in the place of the file', (_, text) => /^\s*<(!doctype|html|\?xml)/i.test(text)],
  ['a Git LFS pointer: `git lfs pull` gets the file', (_, text) => text.startsWith('version https://git-lfs')],
  ['a zip archive: unpack it first', (_, text) => text.startsWith('PK\x03\x04')],
  ['a tar archive: unpack it first', (_, text) => text.slice(257, 262) === 'ustar'],
  ['compressed by gzip: unpack it first', isGzip],
  // Protocols 2 to 5.
  ['a Python pickle: of the python version of the data set', ([mark, protocol]) => mark === 0x80 && protocol! < 6],
];

/** Says in words what a file is whose first bytes are not those of data. */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, HEAD)).toString('latin1');
  return KINDS.find(([, is]) => is(head, text))?.[0];
}

/** @throws what opening and reading it throw. */
export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
