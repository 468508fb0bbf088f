/** A data set whose files the catalogue lists one by one: how they are found, and compared with the official ones. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { sha256OfFile } from '../support/digest.js';
import type { DatasetFormat } from './datasets.js';
import { type DataPlace, findFiles, foreignKind, headOf, isGzip, locateFiles } from './files.js';

/** @param spellings the names that a file may have on the disk, best first: its official name alone unless told. */
export function listedFiles(
  read: DatasetFormat['read'],
  spellings: DatasetFormat['spellings'] = (name) => [name],
): Omit<DatasetFormat, 'draw'> {
  const names = ({ files }: DataPlace) => Object.keys(files).map(spellings);
  return {
    spellings,
    read,
    find: async (place) => (await findFiles(place, names(place)))?.folder,
    locate: async (place) => (await locateFiles(place, names(place))).folder,
    async inspect(place, progress) {
      const found = await compareFiles(place, spellings, progress);
      if (found === undefined) return undefined;
      const { folder, files } = found;
      const findings = files.map(({ name, path, state, detail }) => ({
        state: state === 'different' ? 'differs from the official file' : state,
        what: path ?? name,
        detail,
      }));
      const good = files.filter(({ state }) => state === 'official').length;
      if (good < files.length) {
        // A file that differs may still be well-formed: a few changed pixels are no reason to refuse to read it.
        const problem = await read(place).then(
          () => undefined,
          (error: Error) => error.message,
        );
        const state = problem === undefined ? 'readable all the same' : 'cannot be read';
        findings.push({ state, what: folder, detail: problem });
      }
      return { folder, findings, good, bad: files.length - good };
    },
  };
}

/** One file of a data set, beside the catalogue. */
export interface FileReport {
  /** Its official name. */
  readonly name: string;
  readonly path: string | undefined;
  readonly state: 'official' | 'different' | 'missing';
  /** How it differs. */
  readonly detail?: string;
}

/** Compares a data set's files with the official ones; undefined where none is there. */
export async function compareFiles(
  place: DataPlace,
  spellings: DatasetFormat['spellings'],
  progress?: (done: number, total: number) => void,
): Promise<{ readonly folder: string; readonly files: readonly FileReport[] } | undefined> {
  const official = Object.entries(place.files);
  const found = await findFiles(
    place,
    official.map(([name]) => spellings(name)),
  );
  if (found === undefined) return undefined;
  const files: FileReport[] = [];
  for (const [i, [name, { bytes, sha256 }]] of official.entries()) {
    const path = found.paths[i];
    files.push({ name, path, ...(await compare(path, bytes, sha256)) });
    progress?.(i + 1, official.length);
  }
  return { folder: found.folder, files };
}

type Comparison = Pick<FileReport, 'state' | 'detail'>;

async function compare(path: string | undefined, bytes: number, sha256: string): Promise<Comparison> {
  if (path === undefined) return { state: 'missing' };
  try {
    const head = await headOf(path);
    const { size } = await stat(path);
    if (!isGzip(head) && size !== bytes) {
      const foreign = foreignKind(head);
      return { state: 'different', detail: foreign ?? `has ${size} bytes, the official file ${bytes}` };
    }
    const found = await digestContent(path);
    if (found === sha256) return { state: 'official' };
    return { state: 'different', detail: `has SHA-256 ${found}, the official file ${sha256}` };
  } catch (error) {
    return { state: 'different', detail: `${basename(path)} cannot be read: ${(error as Error).message}` };
  }
}

/** SHA-256 of a file's content, uncompressed where it is compressed. Rejects where the gzip data is damaged. */
export async function digestContent(path: string): Promise<string> {
  return sha256OfFile(path, isGzip(await headOf(path)) ? [createGunzip()] : []);
}
