/**
 * The networks there are: a row of plain data for each. A network is a file in models/ and a row here; the compiler asks
 * for the line in model.ts that brings the two together. Nothing here needs TensorFlow.js, so that configs are checked
 * without loading it.
 */
import type { DatasetName } from '../data/catalogue.js';
import type { ModulePath } from '../data/own.js';
import type { ImageShape, Layer } from './layers.js';

export interface NetworkRow {
  /** As tables and figures call it. */
  readonly title: string;
  /** The data sets it is made for, null for any; its images are those of the first unless told otherwise. */
  readonly datasets: readonly [DatasetName, ...DatasetName[]] | null;
  /** Probability of dropping a unit; null where the network has no dropout. */
  readonly dropout: number | null;
  /** Whether a config chooses the widths of its hidden layers. */
  readonly hasHiddenWidths: boolean;
  /**
   * Images in a batch of an analysis. With running statistics that is a matter of speed and memory: these take at most
   * 3 GiB and divide the sizes of the usual splits, so that no short batch needs a program of its own. With those of each
   * batch it is a part of the question: Keskar et al. use large ones (5000 takes C1 6 GiB), deeper networks are given what
   * fits.
   */
  readonly analysisBatch: { readonly running: number; readonly batch: number };
  /** Multiplications and additions of a forward pass over one image: of all its products, and of the first of them. */
  readonly multiplyAdds: { readonly all: number; readonly first: number } | null;
}

const plain = { dropout: null, hasHiddenWidths: false } as const;
const shallow = { dropout: 0.5, hasHiddenWidths: false, analysisBatch: { running: 500, batch: 5000 } } as const;
const perceptron = { running: 2000, batch: 5000 } as const;

export const NETWORKS = {
  f1: {
    ...plain,
    title: 'F1',
    datasets: ['mnist'],
    analysisBatch: perceptron,
    multiplyAdds: { all: 1_455_104, first: 401_408 },
  },
  c1: { ...shallow, title: 'C1', datasets: ['cifar10'], multiplyAdds: { all: 29_235_072, first: 4_915_200 } },
  c3: { ...shallow, title: 'C3', datasets: ['cifar100'], multiplyAdds: { all: 29_252_352, first: 4_915_200 } },
  resnet44: {
    ...plain,
    title: 'ResNet44',
    datasets: ['cifar10', 'cifar100'],
    analysisBatch: { running: 250, batch: 500 },
    multiplyAdds: { all: 97_436_288, first: 442_368 },
  },
  alexnet: {
    title: 'AlexNet',
    datasets: ['imagenet'],
    dropout: 0.5,
    hasHiddenWidths: false,
    analysisBatch: { running: 50, batch: 100 },
    multiplyAdds: { all: 714_188_480, first: 70_276_800 },
  },
  mlp: {
    title: 'MLP',
    datasets: ['mnist', 'cifar10', 'cifar100', 'imagenet'],
    dropout: null,
    hasHiddenWidths: true,
    analysisBatch: perceptron,
    // With the usual hidden layers, on MNIST.
    multiplyAdds: { all: 118_016, first: 100_352 },
  },
} as const satisfies Readonly<Record<string, NetworkRow>>;

/** What the module of a network of the user's own exports as its default. */
export interface OwnNetwork {
  readonly title: string;
  /** As in a row: null, which is meant where it is left out, for no dropout. */
  readonly dropout?: NetworkRow['dropout'] | undefined;
  readonly analysisBatch?: NetworkRow['analysisBatch'] | undefined;
  /** The network for images of a shape. @param options `dropout` is 0 where nothing is to be dropped. */
  build(images: ImageShape, options: { readonly classes: number; readonly dropout: number }): Layer;
}

const registered = new Map<string, OwnNetwork>();

export function registerNetwork(path: string, network: OwnNetwork): void {
  registered.set(path, network);
}

export const ownNetwork = (path: string): OwnNetwork | undefined => registered.get(path);

/** A network that comes with smoothout, or the path of a module. */
export type ModelName = keyof typeof NETWORKS | ModulePath;

export const MODEL_NAMES = Object.keys(NETWORKS) as readonly (keyof typeof NETWORKS)[];

export const isModelName = (name: string): name is ModelName => name in NETWORKS || registered.has(name);

/** @throws Error for a path that no config has named: a programming error. */
export function networkRow(name: ModelName): NetworkRow {
  if (name in NETWORKS) return NETWORKS[name as keyof typeof NETWORKS];
  const own = registered.get(name);
  if (own === undefined) throw new Error(`no config has loaded the network ${name}`);
  const { title, dropout = null, analysisBatch = { running: 250, batch: 500 } } = own;
  return { title, dropout, analysisBatch, datasets: null, hasHiddenWidths: false, multiplyAdds: null };
}
