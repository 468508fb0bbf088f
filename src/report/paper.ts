/** What the paper (arXiv 1805.07898 v1) reports: Tables 1–3, number for number with the protocol of each row, and its figures. */
import { METHOD_TITLES } from '../config/methods.js';
import { type AnyDataset, type DatasetName, datasetTitle } from '../data/catalogue.js';
import { type ModelName, networkRow } from '../nn/networks.js';
import type { CurveKind } from '../records/curve-record.js';

/** A row of Table 1. Accuracies are percent, best validation top-1; sharpness is the maximum of five measurements. */
export interface PaperRow {
  /** Also the name of the experiment that is its config in configs/. */
  readonly id: string;
  readonly model: ModelName;
  readonly dataset: DatasetName;
  /** Whose training method it follows, as Table 1 says. */
  readonly after: 'Keskar et al.' | 'He et al.' | 'Hoffer et al.' | 'Krizhevsky et al.';
  readonly augment: boolean;
  readonly optimizer: 'adam' | 'sgd';
  readonly epochs: number;
  readonly learningRate: number;
  readonly ghostBatches: boolean;
  readonly batchSize: number;
  readonly results: Readonly<Partial<Record<PaperMethod, PaperResult>>> & { readonly baseline: PaperResult };
  /** The small-batch row that Table 3 takes this row's generalisation gap from. */
  readonly gapFrom?: string;
}

export const PAPER_METHODS = ['baseline', 'smoothout', 'adasmoothout'] as const;
export type PaperMethod = (typeof PAPER_METHODS)[number];

export interface PaperResult {
  readonly accuracy: number;
  readonly sharpness: number;
}

/** What rows have in common. */
type Protocol = Omit<PaperRow, 'id' | 'batchSize' | 'results' | 'gapFrom'>;
type Numbers = readonly [accuracy: number, sharpness: number];
type Reported = { baseline: Numbers } & Partial<Record<PaperMethod, Numbers>>;

function row(id: string, protocol: Protocol, batchSize: number, reported: Reported, gapFrom?: string): PaperRow {
  const results = Object.fromEntries(
    Object.entries(reported).map(([method, [accuracy, sharpness]]) => [method, { accuracy, sharpness }]),
  ) as unknown as PaperRow['results'];
  return { id, ...protocol, batchSize, results, ...(gapFrom !== undefined && { gapFrom }) };
}

const adam = { augment: false, optimizer: 'adam', epochs: 200, learningRate: 0.001, ghostBatches: false } as const;
const momentum = { augment: true, optimizer: 'sgd', epochs: 200, learningRate: 0.1, ghostBatches: false } as const;
const keskar = { ...adam, after: 'Keskar et al.' } as const;
const he = { ...momentum, after: 'He et al.' } as const;
const hoffer = { ...momentum, after: 'Hoffer et al.', ghostBatches: true } as const;
const f1 = { ...keskar, model: 'f1', dataset: 'mnist' } as const;
const c1 = { ...keskar, model: 'c1', dataset: 'cifar10' } as const;
const c3 = { ...keskar, model: 'c3', dataset: 'cifar100' } as const;
const cifar10 = { model: 'resnet44', dataset: 'cifar10' } as const;
const cifar100 = { model: 'resnet44', dataset: 'cifar100' } as const;
const alexnet = { model: 'alexnet', dataset: 'imagenet', epochs: 60 } as const;

/** In the order of Table 1. */
export const PAPER_ROWS: readonly PaperRow[] = [
  row('f1-sb', f1, 256, { baseline: [98.49, 0], smoothout: [98.61, 0] }),
  row('f1-lb', f1, 6000, { baseline: [98.01, 57.8246], smoothout: [98.42, 5.4128] }),
  row('c1-sb', c1, 256, { baseline: [79.67, 27.7448], smoothout: [81.72, 0.0003] }),
  row('c1-lb', c1, 5000, { baseline: [77.3, 117.8266], smoothout: [80.34, 0.0004] }),
  row('c3-sb', c3, 256, { baseline: [47.99, 23.5103], smoothout: [51.17, 0.0001] }),
  row('c3-lb', c3, 5000, { baseline: [44.37, 62.0682], smoothout: [48.43, 10.7303] }),
  row('resnet44-cifar10-sb', { ...cifar10, ...he }, 128, { baseline: [93.18, 132.3693] }),
  row('resnet44-cifar10-lb', { ...cifar10, ...he }, 2048, { baseline: [87.58, 459.1477] }),
  row(
    'resnet44-cifar10-lb-gbn',
    { ...cifar10, ...hoffer, learningRate: 0.4 },
    2048,
    { baseline: [89.24, 252.0197], smoothout: [89.83, 204.9006], adasmoothout: [91.2, 348.3411] },
    'resnet44-cifar10-sb',
  ),
  row('resnet44-cifar100-sb', { ...cifar100, ...he }, 128, { baseline: [70.26, 0] }),
  row('resnet44-cifar100-lb', { ...cifar100, ...he }, 1024, { baseline: [64.67, 203.7407] }),
  row(
    'resnet44-cifar100-lb-gbn',
    { ...cifar100, ...hoffer, learningRate: 0.283 },
    1024,
    { baseline: [67.23, 140.4747], smoothout: [68.68, 102.9927], adasmoothout: [70.09, 89.0498] },
    'resnet44-cifar100-sb',
  ),
  row('alexnet-sb', { ...momentum, ...alexnet, after: 'Krizhevsky et al.', learningRate: 0.01 }, 256, {
    baseline: [56.15, 595.9811],
  }),
  row(
    'alexnet-lb-gbn',
    { ...hoffer, ...alexnet, learningRate: 0.113 },
    16384,
    { baseline: [47.64, 623.0147], adasmoothout: [52.53, 541.2508] },
    'alexnet-sb',
  ),
];

export const TABLE2_ROWS = PAPER_ROWS.filter(({ after }) => after === 'Keskar et al.');
export const TABLE3_ROWS = PAPER_ROWS.filter(({ gapFrom }) => gapFrom !== undefined);

/** @throws RangeError for an id that is not in PAPER_ROWS: a programming error. */
export function paperRow(id: string): PaperRow {
  const found = PAPER_ROWS.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no row of the paper is called ${id}`);
  return found;
}

/** A cell of the paper's tables. */
export interface PaperCell {
  readonly row: PaperRow;
  readonly method: PaperMethod;
}

export const cellOf = (row: PaperRow, method: PaperMethod = 'baseline'): PaperCell => ({ row, method });

export const modelTitle = (name: ModelName): string => networkRow(name).title;

/** "F1 on MNIST" */
export const problemTitle = ({ model, dataset }: { model: ModelName; dataset: AnyDataset }): string =>
  `${modelTitle(model)} on ${datasetTitle(dataset)}`;

/** "MNIST", or "generated MNIST". */
export const dataTitle = (dataset: AnyDataset, synthetic: boolean): string =>
  `${synthetic ? 'generated ' : ''}${datasetTitle(dataset)}`;

export interface PaperFigure {
  readonly id: string;
  readonly kind: CurveKind;
  /** What is drawn, by its name in the legend; of an interpolation the ends of the line, α = 0 first. */
  readonly series: Readonly<Record<string, PaperCell>>;
  readonly split?: 'train' | 'test';
  readonly caption: string;
}

/** "Fig. 3(a)" of "3a". */
export const figureTitle = (id: string): string => `Fig. ${id.slice(0, -1)}(${id.at(-1)})`;

/** "Figs. 5, 9 and 10": the way they were made is not stated; this is the reading that fits the authors' script. */
const line = (id: string, experiment: string, subject: string): PaperFigure => ({
  id,
  kind: 'interpolate',
  series: { Baseline: cellOf(paperRow(experiment)), SmoothOut: cellOf(paperRow(experiment), 'smoothout') },
  caption: `${subject}: along the line from the baseline (α = 0) to SmoothOut (α = 1)`,
});

const batches = (
  id: string,
  kind: 'interpolate' | 'sensitivity',
  small: string,
  large: string,
  subject: string,
): PaperFigure => ({
  id,
  kind,
  series: { SB: cellOf(paperRow(small)), LB: cellOf(paperRow(large)) },
  caption:
    kind === 'interpolate'
      ? `${subject}: along the line from the small-batch (α = 0) to the large-batch minimum (α = 1)`
      : `${subject}: under uniform noise of strength a, drawn anew for every batch of 100`,
});

const filterNormalised = (id: string, split: 'train' | 'test'): PaperFigure => ({
  id,
  kind: 'landscape',
  split,
  series: Object.fromEntries(
    PAPER_METHODS.map((method) => [METHOD_TITLES[method], cellOf(paperRow('resnet44-cifar10-lb-gbn'), method)]),
  ),
  caption: `ResNet44 on CIFAR-10: along a random filter-normalised direction, ${split === 'train' ? 'training' : 'test'} set`,
});

/** Which curves make up Figs. 3 and 5–10. */
export const PAPER_FIGURES: readonly PaperFigure[] = [
  batches('3a', 'interpolate', 'c1-sb', 'c1-lb', 'C1 on CIFAR-10'),
  batches('3b', 'sensitivity', 'c1-sb', 'c1-lb', 'C1 on CIFAR-10'),
  line('5a', 'c3-sb', 'C3 on CIFAR-100, small batch'),
  line('5b', 'c3-lb', 'C3 on CIFAR-100, large batch'),
  filterNormalised('6a', 'train'),
  filterNormalised('6b', 'test'),
  batches('7a', 'interpolate', 'c3-sb', 'c3-lb', 'C3 on CIFAR-100'),
  batches('7b', 'sensitivity', 'c3-sb', 'c3-lb', 'C3 on CIFAR-100'),
  // Which large-batch baseline Fig. 8 shows is not said; Figs. 3 and 7 show the one without learning rate tuning.
  batches('8a', 'sensitivity', 'resnet44-cifar10-sb', 'resnet44-cifar10-lb', 'ResNet44 on CIFAR-10'),
  batches('8b', 'sensitivity', 'resnet44-cifar100-sb', 'resnet44-cifar100-lb', 'ResNet44 on CIFAR-100'),
  line('9a', 'c1-sb', 'C1 on CIFAR-10, small batch'),
  line('9b', 'c1-lb', 'C1 on CIFAR-10, large batch'),
  line('10a', 'f1-sb', 'F1 on MNIST, small batch'),
  line('10b', 'f1-lb', 'F1 on MNIST, large batch'),
];
