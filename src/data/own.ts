/** Data sets of the user's own: modules that a config names by their path. */
import { sha256 } from '../support/digest.js';
import { corrupt } from './files.js';
import { checkRead, type Dataset, type ImageShape, type ImageSource, imageSize } from './source.js';

/** One split as a module hands it over. */
export interface OwnImages {
  /** float32 [count, channels, height, width], normalised as the network is to see them. */
  readonly images: Float32Array;
  /** [count], each in 0 … classes−1. */
  readonly labels: Int32Array;
}

/** What the module of a data set exports as its default. */
export interface OwnDataset {
  /** As tables and figures call it. */
  readonly title: string;
  readonly classes: number;
  readonly shape: ImageShape;
  /** @param folder where the command's data is (`--data`, SMOOTHOUT_DATA, or the installation's datasets folder). */
  load(folder: string): Promise<{ readonly train: OwnImages; readonly test: OwnImages }>;
}

/** The path of a module. */
export type ModulePath = `${string}.${'ts' | 'js' | 'mjs'}`;

const registered = new Map<string, OwnDataset>();

export function registerDataset(path: string, dataset: OwnDataset): void {
  registered.set(path, dataset);
}

/** @throws Error for a path that no config has named: a programming error. */
export function ownDataset(path: string): OwnDataset {
  const dataset = registered.get(path);
  if (dataset === undefined) throw new Error(`no config has loaded the data set ${path}`);
  return dataset;
}

export const isOwnDataset = (name: string): name is ModulePath => registered.has(name);

/** @throws SmoothOutError DATA_CORRUPT where the module's arrays do not fit together; what the module throws. */
export async function openOwnDataset(path: ModulePath, folder: string): Promise<Dataset> {
  const own = ownDataset(path);
  const { train, test } = await own.load(folder);
  return {
    name: path,
    train: arraySource(`${own.title} train`, path, own, train),
    test: arraySource(`${own.title} test`, path, own, test),
    synthetic: false,
    directory: folder,
    digests: { train: sha256(train.images, train.labels), test: sha256(test.images, test.labels) },
  };
}

function arraySource(name: string, path: string, { classes, shape }: OwnDataset, own: OwnImages): ImageSource {
  const { images, labels } = own;
  const size = imageSize(shape);
  const wrong = (why: string) => corrupt(`${path}: ${name}: ${why}`);
  if (!(images instanceof Float32Array && labels instanceof Int32Array)) {
    throw wrong('expected images as a Float32Array and labels as an Int32Array');
  }
  const count = labels.length;
  if (count === 0 || images.length !== count * size) {
    throw wrong(`${count} labels and ${images.length} numbers, where an image has ${size}`);
  }
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad >= 0) throw wrong(`label ${bad} is ${labels[bad]}, expected 0 to ${classes - 1}`);
  const source: ImageSource = {
    ...{ name, count, classes, shape, labels },
    async read(indices, out) {
      checkRead(source, indices, out);
      for (const [i, index] of indices.entries()) out.set(images.subarray(index * size, (index + 1) * size), i * size);
    },
  };
  return source;
}
