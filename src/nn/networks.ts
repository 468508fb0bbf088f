/**
 * The networks there are: a row for each, which names its file in models/. That is loaded once such a network is built, so
 * that configs are checked without TensorFlow.js.
 */
import type { DatasetName } from '../data/catalogue.js';
import type { ModulePath } from '../data/own.js';
import { callOwn } from '../support/own-code.js';
import type { ImageShape, Layer } from './layers.js';

export interface NetworkRow {
  /** As tables and figures call it. */
  readonly title: string;
  /** The data sets it is made for, null for any; its images are those of the first, or MNIST's, unless told otherwise. */
  readonly datasets: readonly [DatasetName, ...DatasetName[]] | null;
  /** Probability of dropping a unit; null where the network has no dropout. */
  readonly dropout: number | null;
  /** Whether a config chooses the widths of its hidden layers. */
  readonly hasHiddenWidths?: boolean;
  /**
   * Images in a batch of an analysis. With running statistics that is a matter of speed and memory: these take at most
   * 3 GiB and divide the sizes of the usual splits, so that no short batch needs a program of its own. With those of each
   * batch it is a part of the question: Keskar et al. use large ones (5000 takes C1 6 GiB), deeper networks are given what
   * fits.
   */
  readonly analysisBatch: { readonly running: number; readonly batch: number };
  /** Multiplications and additions of a forward pass over one image: of all its products, and of the first of them. */
  readonly multiplyAdds: { readonly all: number; readonly first: number } | null;
  readonly load: () => Promise<{ readonly default: NetworkFile }>;
}

/** What a network's file exports as its default. */
export interface NetworkFile {
  /** The network for images of a shape. @param options `dropout` is 0 where nothing is to be dropped. */
  build(images: ImageShape, options: BuildOptions & { readonly hidden: readonly number[] }): Layer;
}

export interface BuildOptions {
  readonly classes: number;
  readonly dropout: number;
}

const shallow = {
  dropout: 0.5,
  analysisBatch: { running: 500, batch: 5000 },
  load: () => import('./models/cifar-shallow.js'),
} as const;
const perceptron = { running: 2000, batch: 5000 } as const;

export const NETWORKS = {
  f1: {
    title: 'F1',
    datasets: ['mnist'],
    dropout: null,
    analysisBatch: perceptron,
    multiplyAdds: { all: 1_455_104, first: 401_408 },
    load: () => import('./models/f1.js'),
  },
  c1: { ...shallow, title: 'C1', datasets: ['cifar10'], multiplyAdds: { all: 29_235_072, first: 4_915_200 } },
  c3: { ...shallow, title: 'C3', datasets: ['cifar100'], multiplyAdds: { all: 29_252_352, first: 4_915_200 } },
  resnet44: {
    title: 'ResNet44',
    datasets: ['cifar10', 'cifar100'],
    dropout: null,
    analysisBatch: { running: 250, batch: 500 },
    multiplyAdds: { all: 97_436_288, first: 442_368 },
    load: () => import('./models/resnet44.js'),
  },
  alexnet: {
    title: 'AlexNet',
    datasets: ['imagenet'],
    dropout: 0.5,
    analysisBatch: { running: 50, batch: 100 },
    multiplyAdds: { all: 714_188_480, first: 70_276_800 },
    load: () => import('./models/alexnet.js'),
  },
  mlp: {
    title: 'MLP',
    datasets: null,
    dropout: null,
    hasHiddenWidths: true,
    analysisBatch: perceptron,
    // With the usual hidden layers, on MNIST.
    multiplyAdds: { all: 118_016, first: 100_352 },
    load: () => import('./models/mlp.js'),
  },
} as const satisfies Readonly<Record<string, NetworkRow>>;

/** What the module of a network of the user's own exports as its default. */
export interface OwnNetwork {
  readonly title: string;
  /** As in a row: null, which is meant where it is left out, for no dropout. */
  readonly dropout?: NetworkRow['dropout'] | undefined;
  readonly analysisBatch?: NetworkRow['analysisBatch'] | undefined;
  /** As a network's file has it. */
  build(images: ImageShape, options: BuildOptions): Layer;
}

/** A network that comes with smoothout, or the path of a module. */
export type ModelName = keyof typeof NETWORKS | ModulePath;

const rows = new Map<string, NetworkRow>(Object.entries(NETWORKS));

export const MODEL_NAMES = [...rows.keys()];

export function registerNetwork(path: string, own: OwnNetwork): void {
  const { title, dropout = null, analysisBatch = { running: 250, batch: 500 } } = own;
  const load = async () => ({ default: own });
  rows.set(path, { title, dropout, analysisBatch, datasets: null, multiplyAdds: null, load });
}

/** Calls what depends on a network: where that is the user's, what it throws is told as a mistake in the user's file. */
export const ofNetwork = <T>(file: string, name: string, call: () => T): T =>
  file in NETWORKS ? call() : callOwn({ file, name }, call);

export const isModelName = (name: string): name is ModelName => rows.has(name);

/** @throws Error for a path that no config has named: a programming error. */
export function networkRow(name: string): NetworkRow {
  const row = rows.get(name);
  if (row === undefined) throw new Error(`no config has loaded the network ${name}`);
  return row;
}
