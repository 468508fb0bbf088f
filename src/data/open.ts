/** Finds the files of a data set, opens them, and compares them with the official ones. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { sha256OfFile } from '../support/digest.js';
import {
  type AnyDataset,
  type CatalogueEntry,
  catalogueEntry,
  type DatasetName,
  dataDirectory,
  isDatasetName,
  readCatalogue,
} from './catalogue.js';
import { CIFAR10, CIFAR100, openCifar } from './cifar.js';
import { corrupt, findFiles, foreignKind, headOf, isGzip, locate, type Place } from './files.js';
import { ensureGenerated } from './generated/stand-ins.js';
import { locateImageFolders, openImageNet } from './imagenet.js';
import { idxSpellings, openMnist } from './mnist.js';
import { openOwnDataset } from './own.js';
import type { Dataset } from './source.js';

export interface OpenOptions {
  /** `--data`; without it SMOOTHOUT_DATA, then this installation's datasets folder. */
  readonly directory?: string | undefined;
  /** The generated stand-in, made now if it is not there. */
  readonly synthetic?: boolean | undefined;
}

const READERS: Readonly<Record<DatasetName, (place: Place) => Promise<Omit<Dataset, 'synthetic'>>>> = {
  mnist: openMnist,
  cifar10: (place) => openCifar(CIFAR10, place),
  cifar100: (place) => openCifar(CIFAR100, place),
  imagenet: openImageNet,
};

/**
 * Opens a data set: MNIST and CIFAR are read into memory and checked whole, ImageNet's folders are listed.
 *
 * @throws SmoothOutError DATA_MISSING, naming the folders looked in; DATA_CORRUPT, naming the file and what was
 * expected; for `synthetic` also OUTPUT_UNWRITABLE and NO_SPACE.
 */
export async function openDataset(
  name: AnyDataset,
  { directory, synthetic = false }: OpenOptions = {},
): Promise<Dataset> {
  const root = dataDirectory(directory);
  if (!isDatasetName(name)) return openOwnDataset(name, root);
  if (!synthetic) return { ...(await READERS[name](officialPlace(name, root, directory))), synthetic };
  const { folder, digests } = await ensureGenerated(root, name);
  const hint = `Run \`smoothout data generate ${name} --force\`${withData(directory)} to make the stand-in anew.`;
  const dataset = { ...(await READERS[name]({ dataset: name, root: folder, folders: ['.'], hint })), synthetic };
  const [changed] = changedFiles(dataset, digests);
  if (changed === undefined) return dataset;
  throw corrupt(`${join(folder, changed)}: has changed since it was generated`, { hint });
}

/** The files of a data set that are not the official ones. Pictures in MNIST's format may be meant to be others. */
export function unofficialFiles(dataset: Dataset): string[] {
  const official = dataset.synthetic ? {} : (catalogueEntry(dataset.name)?.files ?? {});
  const digests = Object.entries(official).map(([file, { sha256 }]) => [file, sha256]);
  return changedFiles(dataset, Object.fromEntries(digests));
}

function changedFiles({ digests = {} }: Dataset, expected: Readonly<Record<string, string>>): string[] {
  return Object.keys(expected).filter((file) => digests[file] !== undefined && digests[file] !== expected[file]);
}

/** Where the official files of a data set are looked for. */
export function officialPlace(name: DatasetName, root: string, directory?: string): Place {
  const { folders, downloads } = readCatalogue()[name];
  const get =
    downloads.length > 0
      ? `Fetch it with \`smoothout data fetch ${name}${withData(directory)}\``
      : 'Get it by hand (see datasets/README.md)';
  const hint = `${get}, name the folder that has it with --data or SMOOTHOUT_DATA, or use generated data with --synthetic.`;
  return { dataset: name, root, folders, hint };
}

const withData = (directory?: string) => (directory ? ` --data ${directory}` : '');

/** One file of a data set, beside the catalogue. */
export interface FileReport {
  /** Its official name. */
  readonly name: string;
  readonly path: string | undefined;
  readonly state: 'official' | 'different' | 'missing';
  /** How it differs. */
  readonly detail?: string;
}

/** The names that a file may have on the disk, best first: the one list for every command. */
export function spellings(dataset: DatasetName, name: string): readonly string[] {
  return dataset === 'mnist' ? idxSpellings(name) : [name];
}

/** The folder that has (some of) a data set's official files, if any. */
export async function findDataset(place: Place): Promise<string | undefined> {
  if (place.dataset === 'imagenet') return locateImageFolders(place).catch(() => undefined);
  return (await findFiles(place, spellingsOf(place.dataset)))?.folder;
}

/** The folder that has all of a data set's official files. @throws SmoothOutError DATA_MISSING */
export async function locateDataset(place: Place): Promise<string> {
  if (place.dataset === 'imagenet') return locateImageFolders(place);
  return (await locate(place, spellingsOf(place.dataset))).folder;
}

/** Of each of a data set's official files. */
function spellingsOf(dataset: DatasetName, official = readCatalogue()[dataset].files): (readonly string[])[] {
  return Object.keys(official).map((name) => spellings(dataset, name));
}

/** Compares the data set's files with the official ones; undefined where none is there. Not for ImageNet. */
export async function inspectFiles(
  place: Place,
  official: CatalogueEntry['files'],
  progress?: (done: number, total: number) => void,
): Promise<{ readonly folder: string; readonly files: readonly FileReport[] } | undefined> {
  const expected = Object.entries(official);
  const found = await findFiles(place, spellingsOf(place.dataset, official));
  if (found === undefined) return undefined;
  const files: FileReport[] = [];
  for (const [i, [name, { bytes, sha256 }]] of expected.entries()) {
    const path = found.paths[i];
    files.push({ name, path, ...(await compare(path, bytes, sha256)) });
    progress?.(i + 1, expected.length);
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
