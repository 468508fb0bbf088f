/** The files of data sets: where they are, what they really are, and what is said where something is wrong with them. */
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ErrorDetails, SmoothOutError } from '../support/errors.js';
import { asReadError, asWriteError, makeFolder } from '../support/files.js';
import { waitForLock } from '../support/lock.js';
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

interface Making<T> {
  /** In the data folder; held while it is made. */
  readonly lock: string;
  /** How long a process that has the lock is waited for; `onWait` is told once who that is. */
  readonly seconds: number;
  readonly onWait?: ((why: string) => void) | undefined;
  /** What is there already; undefined where it must be made. */
  readonly find: () => Promise<T | undefined>;
  readonly make: () => Promise<T>;
}

/**
 * Finds something in the data folder, or makes it. Of processes that want it at the same time one makes it, and the others
 * wait.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE, RUN_LOCKED; what `find` and `make` throw.
 */
export async function findOrMake<T>({ lock, seconds, onWait, find, make }: Making<T>): Promise<T> {
  const there = await find();
  if (there !== undefined) return there;
  try {
    await makeFolder(dirname(lock));
    const held = await waitForLock(lock, seconds, onWait);
    // Another process may have made it while this one waited.
    return await find()
      .then((made) => made ?? make())
      .finally(() => held.release());
  } catch (error) {
    throw dataWriteError(error, dirname(lock));
  }
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
