/** Finds the files of a data set, opens them, and compares them with the official ones. */
import { join } from 'node:path';
import { type AnyDataset, changedFiles, dataDirectory, isDatasetName, readCatalogue } from './catalogue.js';
import { DATASETS, type DatasetName } from './datasets.js';
import { corrupt, type DataPlace } from './files.js';
import { ensureGenerated } from './generated/stand-ins.js';
import { openOwnDataset } from './own.js';
import type { Dataset } from './source.js';

export interface OpenOptions {
  /** `--data`; without it SMOOTHOUT_DATA, then this installation's datasets folder. */
  readonly directory?: string | undefined;
  /** The generated stand-in, made now if it is not there. */
  readonly synthetic?: boolean | undefined;
}

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
  const { read } = await DATASETS[name].load();
  const place = officialPlace(name, root, directory);
  if (!synthetic) return { name, ...(await read(place)), synthetic };
  const { folder, digests } = await ensureGenerated(root, name);
  const hint = `Run \`smoothout data generate ${name} --force\`${withData(directory)} to make the stand-in anew.`;
  const dataset = { name, ...(await read({ ...place, root: folder, folders: ['.'], hint })), synthetic };
  const [changed] = changedFiles(dataset, digests);
  if (changed === undefined) return dataset;
  throw corrupt(`${join(folder, changed)}: has changed since it was generated`, { hint });
}

/** Where the official files of a data set are looked for. */
export function officialPlace(
  name: DatasetName,
  root: string,
  directory?: string,
  { folders, files, downloads } = readCatalogue()[name],
): DataPlace {
  const get =
    downloads.length > 0
      ? `Fetch it with \`smoothout data fetch ${name}${withData(directory)}\``
      : 'Get it by hand (see datasets/README.md)';
  const hint = `${get}, name the folder that has it with --data or SMOOTHOUT_DATA, or use generated data with --synthetic.`;
  return { dataset: name, root, folders, files, hint };
}

const withData = (directory?: string) => (directory ? ` --data ${directory}` : '');

/** The folder that has (some of) a data set's official files, if any. */
export const findDataset = async (place: DataPlace) => (await DATASETS[place.dataset].load()).find(place);

/** The folder that has all of a data set's official files. @throws SmoothOutError DATA_MISSING */
export const locateDataset = async (place: DataPlace) => (await DATASETS[place.dataset].load()).locate(place);

/** Compares a data set's files with the official ones, or decodes its images; undefined where none is there. */
export const inspectDataset = async (place: DataPlace, progress?: (done: number, total: number) => void) =>
  (await DATASETS[place.dataset].load()).inspect(place, progress);
