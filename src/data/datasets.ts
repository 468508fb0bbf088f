/**
 * The data sets that come with smoothout: a row for each, which names its file. That file is loaded once the data set is
 * looked for, so that a command that only checks configs starts quickly. What is official about each stands in
 * datasets/catalogue.yaml.
 */
import type { Stream } from '../support/random.js';
import type { DataPlace } from './files.js';
import type { DatasetFiles, Split } from './source.js';

interface DatasetRow {
  /** How many images its stand-in has: few enough to be made in seconds, enough for the batch size to matter. */
  readonly standIn: Readonly<Record<Split, number>>;
  readonly load: () => Promise<DatasetFormat>;
}

/** What a data set's file exports: how its files are found, checked and read, and how those of its stand-in are drawn. */
export interface DatasetFormat {
  /** The names that a file of the catalogue may have on the disk, best first. */
  spellings(file: string): readonly string[];
  /** The folder that has any of its files, if one does. */
  find(place: DataPlace): Promise<string | undefined>;
  /** The folder that has all of its files. @throws SmoothOutError DATA_MISSING */
  locate(place: DataPlace): Promise<string>;
  /** @throws SmoothOutError DATA_MISSING, DATA_CORRUPT naming the file or folder and what was expected. */
  read(place: DataPlace): Promise<DatasetFiles>;
  /** Checks every file; undefined where none is there. */
  inspect(place: DataPlace, progress?: (done: number, total: number) => void): Promise<Inspection | undefined>;
  /** Writes one split of the stand-in with the official names and format. */
  draw(split: StandInSplit): Promise<void>;
}

export interface Finding {
  readonly state: string;
  readonly what: string;
  readonly detail?: string | undefined;
}

export interface Inspection {
  readonly folder: string;
  /** What there is to say, in the order to say it in. */
  readonly findings: readonly Finding[];
  /** How many files or images are as they should be, and how many are not. */
  readonly good: number;
  readonly bad: number;
}

export interface StandInSplit {
  readonly split: Split;
  /** An existing folder. */
  readonly folder: string;
  readonly count: number;
  /** One after another, each with its own random numbers: none depends on how many other images there are. */
  readonly images: AsyncIterable<{ readonly image: number; readonly numbers: Stream }>;
}

/** A new row goes last: the random numbers of a stand-in depend on the place of its row. */
export const DATASETS = {
  mnist: { standIn: { train: 12_000, test: 2_000 }, load: async () => (await import('./mnist.js')).mnist },
  cifar10: { standIn: { train: 10_000, test: 2_000 }, load: async () => (await import('./cifar.js')).cifar10 },
  cifar100: { standIn: { train: 10_000, test: 2_000 }, load: async () => (await import('./cifar.js')).cifar100 },
  imagenet: { standIn: { train: 240, test: 60 }, load: async () => (await import('./imagenet.js')).imagenet },
} as const satisfies Readonly<Record<string, DatasetRow>>;

export type DatasetName = keyof typeof DATASETS;

export const DATASET_NAMES = Object.keys(DATASETS) as readonly DatasetName[];
