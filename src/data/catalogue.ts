/** The data sets there are, and the folders that their files are looked for in. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { asWriteError, isFile, isFolder } from '../support/files.js';
import { type ModulePath, ownDataset } from './own.js';
import type { ImageShape } from './source.js';

/** The folder of this installation that holds the catalogue and, unless told otherwise, the data. */
export const DATASETS_FOLDER = fileURLToPath(new URL('../../datasets', import.meta.url));

export const DATASET_NAMES = ['mnist', 'cifar10', 'cifar100', 'imagenet'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];
/** A data set that comes with smoothout, or the path of a module of the user's own. */
export type AnyDataset = DatasetName | ModulePath;

const size = z.int().positive();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const md5 = z.string().regex(/^[0-9a-f]{32}$/);

const download = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  bytes: size,
  md5,
  sha256,
  /** For a .tar.gz: the folder inside it that holds the data set's files. */
  archiveFolder: z.string().optional(),
});

const entry = z.strictObject({
  /** As tables and figures call it. */
  title: z.string(),
  about: z.string(),
  homepage: z.url(),
  classes: size,
  shape: z.tuple([size, size, size]),
  images: z.strictObject({ train: size, test: size }),
  folders: z.array(z.string()).min(1),
  files: z.record(z.string(), z.strictObject({ bytes: size, sha256 })).default({}),
  /** Empty where the data must be obtained by hand. */
  downloads: z.array(download).default([]),
});

const schema = z.record(z.enum(DATASET_NAMES), entry);

export type Download = z.infer<typeof download>;
export type CatalogueEntry = z.infer<typeof entry>;
export type Catalogue = z.infer<typeof schema>;

let catalogue: Catalogue | undefined;

/** datasets/catalogue.yaml: a row for each data set. */
export function readCatalogue(): Catalogue {
  catalogue ??= schema.parse(parse(readFileSync(`${DATASETS_FOLDER}/catalogue.yaml`, 'utf8')));
  return catalogue;
}

export const isDatasetName = (name: unknown): name is DatasetName => DATASET_NAMES.some((each) => each === name);

/** The catalogue's row; undefined for a data set of the user's own. */
export const catalogueEntry = (name: AnyDataset): CatalogueEntry | undefined =>
  isDatasetName(name) ? readCatalogue()[name] : undefined;

export const datasetTitle = (name: AnyDataset): string => catalogueEntry(name)?.title ?? ownDataset(name).title;

/** Of a data set's images. */
export function imageShape(name: AnyDataset): ImageShape {
  const official = catalogueEntry(name);
  if (official === undefined) return ownDataset(name).shape;
  const [channels, height, width] = official.shape;
  return { channels, height, width };
}

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

interface Located {
  readonly folder: string;
  /** The path of each wanted file, in the order asked for. */
  readonly paths: readonly string[];
}

/**
 * Looks for files in the first of the place's folders that has any of them. Each file is given as the names it may
 * have, best first; the paths are in the order asked for, undefined for those that are not there. A folder is taken for
 * a file only where nothing else has a name of the file's, to be told what it is.
 *
 * @throws SmoothOutError DATA_MISSING: a folder may not be entered.
 */
export async function findFiles(
  { root, folders }: Place,
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
 * Finds all of the files in one of the place's folders.
 *
 * @throws SmoothOutError DATA_MISSING naming the folders looked in, or the file that is missing beside the others.
 */
export async function locate(place: Place, files: readonly (readonly string[])[]): Promise<Located> {
  const found = await findFiles(place, files);
  if (found === undefined) {
    throw missingData(
      place,
      files.map((names) => at(names, 0)),
    );
  }
  const paths = found.paths.map((path, i) => {
    if (path !== undefined) return path;
    throw new SmoothOutError(
      'DATA_MISSING',
      `${place.dataset}: ${at(files, i).join(' or ')} is missing from ${found.folder}, where other files of the data set are`,
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

/** `asWriteError` for the data folder: the hint names the options that choose it. */
export function dataWriteError(error: unknown, path: string): unknown {
  const failure = asWriteError(error, path);
  if (!(failure instanceof SmoothOutError)) return failure;
  if (failure.code !== 'NO_SPACE' && failure.code !== 'OUTPUT_UNWRITABLE') return failure;
  return new SmoothOutError(failure.code, failure.message, {
    hint: 'Free some space, or choose another folder for the data with --data or SMOOTHOUT_DATA.',
    cause: error,
  });
}
