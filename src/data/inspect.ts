import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CatalogueEntry, type DatasetName, readCatalogue } from './catalogue.js';
import { findFiles, type Place } from './directory.js';
import { digestContent } from './fetch/digest.js';
import { locateImageFolders } from './image-folders.js';
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
