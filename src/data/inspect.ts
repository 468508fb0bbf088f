/** Whether a data set's files are there, and are the official ones. */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SmoothOutError } from '../support/errors.js';
import { type CatalogueEntry, type DatasetName, findFiles, type Place, readCatalogue } from './catalogue.js';
import { classFolders, listImages, locateImageFolders } from './image-folders.js';
import { idxSpellings } from './mnist.js';

/** One file of a data set, beside the catalogue. */
export interface FileReport {
  /** Its official name. */
  readonly name: string;
  readonly path: string | undefined;
  readonly state: 'official' | 'different' | 'missing';
  /** How it differs. */
  readonly detail?: string;
}

/** The names that a file of the catalogue may have on the disk. */
function spellings(dataset: DatasetName, name: string): string[] {
  return dataset === 'mnist' ? idxSpellings(name) : [name];
}

/** The folder that has (some of) a data set's official files, if any. */
export async function findDataset(place: Place): Promise<string | undefined> {
  if (place.dataset === 'imagenet') return locateImageFolders(place).catch(() => undefined);
  const names = Object.keys(readCatalogue()[place.dataset].files);
  return (
    await findFiles(
      place,
      names.map((name) => spellings(place.dataset, name)),
    )
  )?.folder;
}

/** Compares the data set's files with the official ones; undefined where none is there. Not for ImageNet. */
export async function inspectFiles(
  place: Place,
  official: CatalogueEntry['files'],
  progress?: (done: number, total: number) => void,
): Promise<{ readonly folder: string; readonly files: readonly FileReport[] } | undefined> {
  const expected = Object.entries(official);
  const found = await findFiles(
    place,
    expected.map(([name]) => spellings(place.dataset, name)),
  );
  if (found === undefined) return undefined;
  const files: FileReport[] = [];
  for (const [i, [name, { bytes, sha256 }]] of expected.entries()) {
    const path = found.paths[i];
    files.push(
      path === undefined ? { name, path, state: 'missing' } : { name, path, ...(await compare(path, bytes, sha256)) },
    );
    progress?.(i + 1, expected.length);
  }
  return { folder: found.folder, files };
}

async function compare(path: string, bytes: number, sha256: string): Promise<Pick<FileReport, 'state' | 'detail'>> {
  const { size } = await stat(path);
  if (!path.endsWith('.gz') && size !== bytes) {
    return { state: 'different', detail: `has ${size} bytes, the official file ${bytes}` };
  }
  try {
    const found = await digestContent(path);
    if (found === sha256) return { state: 'official' };
    return { state: 'different', detail: `has SHA-256 ${found}, the official file ${sha256}` };
  } catch (error) {
    return { state: 'different', detail: `${basename(path)} cannot be read: ${(error as Error).message}` };
  }
}

/** Images decoded at once. */
const IN_FLIGHT = 64;

/**
 * Lists the class folders below `folder` and decodes every image.
 *
 * @returns what is wrong, a line each; empty where all is well.
 */
export async function inspectImages(
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<{ readonly images: number; readonly problems: readonly string[] }> {
  // Loaded only when needed: it brings sharp's native library.
  const { decodeImage } = await import('./imagenet.js');
  const problems: string[] = [];
  const note = (error: unknown) => {
    if (!(error instanceof SmoothOutError)) throw error;
    problems.push(error.message);
  };
  const files: string[] = [];
  try {
    const classes = await classFolders(join(folder, 'train'));
    for (const split of ['train', 'val']) files.push(...(await listImages(join(folder, split), classes)).files);
  } catch (error) {
    note(error);
  }
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < files.length) {
      await decodeImage(files[next++]!, 256).catch(note);
      progress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return { images: files.length, problems };
}

export interface FileDigests {
  readonly bytes: number;
  readonly md5: string;
  readonly sha256: string;
}

/** Size and digests of a file as it is. */
export async function digestFile(path: string): Promise<FileDigests> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    bytes += (chunk as Buffer).length;
    md5.update(chunk as Buffer);
    sha256.update(chunk as Buffer);
  }
  return { bytes, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}

/** SHA-256 of a file's content, uncompressed where its name ends in .gz. Rejects where the gzip data is damaged. */
export async function digestContent(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  const stages = path.endsWith('.gz') ? [createGunzip()] : [];
  await pipeline([createReadStream(path), ...stages, hash]);
  return hash.digest('hex');
}
