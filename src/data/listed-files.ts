/** A data set whose files the catalogue lists one by one: how they are found, and compared with the official ones. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { named } from '../support/at.js';
import { sha256OfFile } from '../support/digest.js';
import { messageOf, type SmoothOutError } from '../support/errors.js';
import { isFile, isFolder } from '../support/files.js';
import type { DatasetFormat, Finding } from './datasets.js';
import { type DataPlace, foreignKind, headOf, isGzip, missing, notFound } from './files.js';
import type { DatasetFiles } from './source.js';

/** What is particular to a data set. */
interface Listing {
  /** Reads all of the files, which come in the catalogue's order. */
  readonly read: (place: DataPlace, files: readonly DataFile[]) => Promise<Omit<DatasetFiles, 'directory'>>;
  /** The names that a file may have on the disk, best first: its official name alone unless told. */
  readonly spellings?: DatasetFormat['spellings'];
  /** What is to be said where there is none of the files, if something else is there. */
  readonly mistaken?: (place: DataPlace) => Promise<SmoothOutError | undefined>;
}

export interface DataFile {
  /** Its official name. */
  readonly name: string;
  readonly path: string;
}

export function listedFiles(listing: Listing): Omit<DatasetFormat, 'draw'> {
  const { spellings = (name) => [name], mistaken } = listing;

  async function locate(place: DataPlace) {
    const found = await findFiles(place, spellings);
    if (found === undefined) throw (await mistaken?.(place)) ?? notFound(place, Object.keys(place.files).join(', '));
    const files = found.files.map(({ name, path }) => {
      if (path !== undefined) return { name, path };
      const what = `is missing from ${found.folder}, where other files of the data set are`;
      throw missing(`${place.dataset}: ${spellings(name).join(' or ')} ${what}`, place);
    });
    return { folder: found.folder, files };
  }

  async function read(place: DataPlace): Promise<DatasetFiles> {
    const { folder, files } = await locate(place);
    return { directory: folder, ...(await listing.read(place, files)) };
  }

  return {
    spellings,
    read,
    find: async (place) => (await findFiles(place, spellings))?.folder,
    locate: async (place) => (await locate(place)).folder,
    async inspect(place, progress) {
      const found = await compareFiles(place, spellings, progress);
      if (found === undefined) return undefined;
      const { folder, files } = found;
      const findings: Finding[] = [...files];
      const good = files.filter(({ state }) => state === 'official').length;
      if (good < files.length) {
        // A file that differs may still be well-formed: a few changed pixels are no reason to refuse to read it.
        const problem = await read(place).then(() => undefined, messageOf);
        const state = problem === undefined ? 'readable all the same' : 'cannot be read';
        findings.push({ state, what: folder, detail: problem });
      }
      return { folder, findings, good, bad: files.length - good };
    },
  };
}

/**
 * Looks for the files in the first of the place's folders that has any of them; those that are not there have no path. A
 * folder is taken for a file only where nothing else has a name of the file's, to be told what it is.
 *
 * @throws SmoothOutError DATA_MISSING: a folder may not be entered.
 */
async function findFiles({ root, folders, files }: DataPlace, spellings: DatasetFormat['spellings']) {
  for (const below of folders) {
    const folder = join(root, below);
    if (!(await isFolder(folder, 'DATA_MISSING'))) continue;
    const found: { readonly name: string; readonly path: string | undefined }[] = [];
    for (const name of Object.keys(files)) {
      const candidates = spellings(name).map((each) => join(folder, each));
      found.push({ name, path: (await first(candidates, isFile)) ?? (await first(candidates, isFolder)) });
    }
    if (found.some(({ path }) => path !== undefined)) return { folder, files: found };
  }
  return undefined;
}

async function first(paths: readonly string[], is: typeof isFile): Promise<string | undefined> {
  for (const path of paths) if (await is(path, 'DATA_MISSING')) return path;
  return undefined;
}

/** One file of a data set, beside the catalogue: its path, or its name where it is missing, and how it differs. */
export interface FileReport extends Finding {
  /** Its official name. */
  readonly name: string;
  readonly state: 'official' | typeof DIFFERENT | 'missing';
}

export const DIFFERENT = 'differs from the official file';

/** Compares a data set's files with the official ones; undefined where none is there. */
export async function compareFiles(
  place: DataPlace,
  spellings: DatasetFormat['spellings'],
  progress?: (done: number, total: number) => void,
): Promise<{ readonly folder: string; readonly files: readonly FileReport[] } | undefined> {
  const found = await findFiles(place, spellings);
  if (found === undefined) return undefined;
  const files: FileReport[] = [];
  for (const { name, path } of found.files) {
    files.push({ name, what: path ?? name, ...(await compare(path, named(place.files, name))) });
    progress?.(files.length, found.files.length);
  }
  return { folder: found.folder, files };
}

async function compare(
  path: string | undefined,
  official: DataPlace['files'][string],
): Promise<Pick<FileReport, 'state' | 'detail'>> {
  if (path === undefined) return { state: 'missing' };
  try {
    const head = await headOf(path);
    const { size } = await stat(path);
    if (!isGzip(head) && size !== official.bytes) {
      const detail = foreignKind(head) ?? `has ${size} bytes, the official file ${official.bytes}`;
      return { state: DIFFERENT, detail };
    }
    const found = await digestContent(path);
    if (found === official.sha256) return { state: 'official' };
    return { state: DIFFERENT, detail: `has SHA-256 ${found}, the official file ${official.sha256}` };
  } catch (error) {
    return { state: DIFFERENT, detail: `${basename(path)} cannot be read: ${messageOf(error)}` };
  }
}

/** SHA-256 of a file's content, uncompressed where it is compressed. Rejects where the gzip data is damaged. */
export async function digestContent(path: string): Promise<string> {
  return sha256OfFile(path, isGzip(await headOf(path)) ? [createGunzip()] : []);
}
