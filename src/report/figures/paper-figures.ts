/** Which curves make up Figs. 3 and 5–10 of the paper. */
import { METHOD_NAMES, type PaperMethod } from '../paper/rows.js';
import type { CurveKind } from './curve-record.js';

/** A cell of the paper's tables: ROW/METHOD. */
export type Role = `${string}/${PaperMethod}`;

export interface PaperFigure {
  readonly id: string;
  readonly kind: CurveKind;
  /** What is drawn, by its name in the legend; of an interpolation the ends of the line, α = 0 first. */
  readonly series: Readonly<Record<string, Role>>;
  readonly split?: 'train' | 'test';
  readonly caption: string;
}

/** "Figs. 5, 9 and 10": the way they were made is not stated; this is the reading that fits the authors' script. */
const line = (id: string, experiment: string, subject: string): PaperFigure => ({
  id,
  kind: 'interpolate',
  series: { Baseline: `${experiment}/baseline`, SmoothOut: `${experiment}/smoothout` },
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
  series: { SB: `${small}/baseline`, LB: `${large}/baseline` },
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
    (['baseline', 'smoothout', 'adasmoothout'] as const).map((method) => [
      METHOD_NAMES[method]!,
      `resnet44-cifar10-lb-gbn/${method}` as const,
    ]),
  ),
  caption: `ResNet44 on CIFAR-10: along a random filter-normalised direction, ${split === 'train' ? 'training' : 'validation'} set`,
});

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
