/** What others measured of SmoothOut at several strengths, to be drawn beside what was measured here. */
import type { DatasetName } from '../data/catalogue.js';

export interface StrengthScan {
  readonly dataset: DatasetName;
  /** Network, data and batch. */
  readonly title: string;
  readonly source: string;
  /** Error in percent by a; a = 0 is plain SGD. */
  readonly points: readonly (readonly [a: number, error: number])[];
}

/**
 * Bisla et al., Low-Pass Filtering SGD for Recovering Flat Optima (AISTATS 2022), have SmoothOut among their baselines: uniform
 * noise on every parameter. These are averages over the logs in the history of their repository.
 */
const source =
  'devansh20la/LPF-SGD on GitHub, logs of commit dffb8d6: test error at the best epoch, means over 2 to 5 seeds, without intervals';

export const STRENGTH_SCANS: readonly StrengthScan[] = [
  {
    dataset: 'cifar10',
    title: 'Bisla et al.: WRN16-8 on CIFAR-10, batch 128',
    source,
    points: [
      [0, 4.23],
      [0.001, 4.38],
      [0.005, 4.24],
      [0.009, 4.24],
      [0.0375, 5.41],
      [0.07, 8.44],
    ],
  },
  {
    dataset: 'cifar100',
    title: 'Bisla et al.: WRN16-8 on CIFAR-100, batch 128',
    source,
    points: [
      [0, 20.56],
      [0.001, 20.49],
      [0.005, 20.29],
      [0.009, 20.17],
      [0.0375, 21.79],
      [0.07, 28.11],
    ],
  },
];
