import { type DatasetName, dataDirectory, type Place, readCatalogue } from './catalogue.js';
import { CIFAR10, CIFAR100, openCifar } from './cifar.js';
import { ensureGenerated } from './generated/stand-ins.js';
import { openMnist } from './mnist.js';
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
  // Loaded only when needed: it brings sharp's native library.
  imagenet: async (place) => (await import('./imagenet.js')).openImageNet(place),
};

/**
 * Opens a data set: MNIST and CIFAR are read into memory and checked whole, ImageNet's folders are listed.
 *
 * @throws SmoothOutError DATA_MISSING, naming the folders looked in; DATA_CORRUPT, naming the file and what was
 * expected; for `synthetic` also OUTPUT_UNWRITABLE and NO_SPACE.
 */
export async function openDataset(
  name: DatasetName,
  { directory, synthetic = false }: OpenOptions = {},
): Promise<Dataset> {
  const root = dataDirectory(directory);
  if (!synthetic) return { ...(await READERS[name](officialPlace(name, root, directory))), synthetic };
  const { folder } = await ensureGenerated(root, name);
  const hint = `Run \`smoothout data generate ${name} --force\`${withData(directory)} to make the stand-in anew.`;
  return { ...(await READERS[name]({ dataset: name, root: folder, folders: ['.'], hint })), synthetic };
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

function withData(directory: string | undefined): string {
  return directory ? ` --data ${directory}` : '';
}
