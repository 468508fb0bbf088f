import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** The folder of this installation that holds the catalogue and, unless told otherwise, the data. */
export const DATASETS_FOLDER = fileURLToPath(new URL('../../datasets', import.meta.url));

export const DATASET_NAMES = ['mnist', 'cifar10', 'cifar100', 'imagenet'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

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
  title: z.string(),
  homepage: z.url(),
  classes: size,
  shape: z.tuple([size, size, size]),
  images: z.strictObject({ train: size, test: size }),
  folders: z.array(z.string()).min(1),
  files: z.record(z.string(), z.strictObject({ bytes: size, sha256 })).default({}),
  /** Empty where the data must be obtained by hand. */
  downloads: z.array(download).default([]),
});

const schema = z.strictObject({ mnist: entry, cifar10: entry, cifar100: entry, imagenet: entry });

export type Download = z.infer<typeof download>;
export type CatalogueEntry = z.infer<typeof entry>;
export type Catalogue = z.infer<typeof schema>;

/** datasets/catalogue.yaml. */
export function readCatalogue(): Catalogue {
  return schema.parse(parse(readFileSync(`${DATASETS_FOLDER}/catalogue.yaml`, 'utf8')));
}
