/** What is known of each data set, and the folder that their data is looked for in. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { DATASET_NAMES, type DatasetName } from './datasets.js';
import { type ModulePath, type OwnDataset, ownDataset } from './own.js';
import type { Dataset, ImageShape } from './source.js';

/** The folder of this installation that holds the catalogue and, unless told otherwise, the data. */
export const DATASETS_FOLDER = fileURLToPath(new URL('../../datasets', import.meta.url));

export { DATASET_NAMES, type DatasetName } from './datasets.js';
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
  shape: z.tuple([size, size, size]).transform(([channels, height, width]) => ({ channels, height, width })),
  images: z.strictObject({ train: size, test: size }),
  folders: z.array(z.string()).min(1),
  files: z.record(z.string(), z.strictObject({ bytes: size, sha256 })).default({}),
  /** Empty where the data must be obtained by hand. */
  downloads: z.array(download).default([]),
});

const schema = z.record(z.enum(DATASET_NAMES), entry);

export type Download = z.infer<typeof download>;
export type CatalogueEntry = z.infer<typeof entry>;

let catalogue: z.infer<typeof schema> | undefined;

/** datasets/catalogue.yaml: a row for each data set. */
export function readCatalogue(): z.infer<typeof schema> {
  catalogue ??= schema.parse(parse(readFileSync(`${DATASETS_FOLDER}/catalogue.yaml`, 'utf8')));
  return catalogue;
}

export const isDatasetName = (name: unknown): name is DatasetName => DATASET_NAMES.some((each) => each === name);

/** The catalogue's row; undefined for a data set of the user's own. */
export const catalogueEntry = (name: AnyDataset): CatalogueEntry | undefined =>
  isDatasetName(name) ? readCatalogue()[name] : undefined;

/** What was read of a data set: its name, whether it was the generated stand-in, and the SHA-256 of each file. */
type ReadFiles = Pick<Dataset, 'name' | 'synthetic' | 'digests'>;

/** The files of a data set that are not the official ones. Pictures in MNIST's format may be meant to be others. */
export function unofficialFiles(read: ReadFiles): string[] {
  const official = read.synthetic ? {} : (catalogueEntry(read.name)?.files ?? {});
  const digests = Object.entries(official).map(([file, { sha256 }]) => [file, sha256]);
  return changedFiles(read, Object.fromEntries(digests));
}

/** Those that were read and have another digest than is expected. */
export function changedFiles({ digests = {} }: ReadFiles, expected: Readonly<Record<string, string>>): string[] {
  return Object.keys(expected).filter((file) => digests[file] !== undefined && digests[file] !== expected[file]);
}

const about = (name: AnyDataset): Pick<OwnDataset, 'title' | 'shape'> => catalogueEntry(name) ?? ownDataset(name);

/** As tables and figures call it. */
export const datasetTitle = (name: AnyDataset): string => about(name).title;

/** The shape of a data set's images. */
export const imageShape = (name: AnyDataset): ImageShape => about(name).shape;

/** Where data is looked for: `--data`, else the environment's SMOOTHOUT_DATA, else this installation's datasets folder. */
export function dataDirectory(option?: string): string {
  return resolve(option || process.env.SMOOTHOUT_DATA || DATASETS_FOLDER);
}
