/** What others measured of SmoothOut at several strengths, to be drawn beside what was measured here. */
import type { DatasetName } from '../data/catalogue.js';

export interface StrengthScan {
  readonly dataset: DatasetName;
  /** Network, data and batch. */
  readonly title: string;
  readonly source: string;
  readonly strengths: readonly number[];
  /** In percent, at each strength; a = 0 is plain SGD. */
  readonly errors: readonly number[];
}

/**
 * Bisla et al., Low-Pass Filtering SGD for Recovering Flat Optima (AISTATS 2022), have SmoothOut among their baselines: uniform
 * noise on every parameter. These are averages over the logs in the history of their repository.
 */
const source =
  'devansh20la/LPF-SGD on GitHub, logs of commit dffb8d6: test error at the best epoch, means over 2 to 5 seeds, without intervals';

const strengths = [0, 0.001, 0.005, 0.009, 0.0375, 0.07];

export const STRENGTH_SCANS: readonly StrengthScan[] = [
  {
    dataset: 'cifar10',
    title: 'Bisla et al.: WRN16-8 on CIFAR-10, batch 128',
    source,
    strengths,
    errors: [4.23, 4.38, 4.24, 4.24, 5.41, 8.44],
  },
  {
    dataset: 'cifar100',
    title: 'Bisla et al.: WRN16-8 on CIFAR-100, batch 128',
    source,
    strengths,
    errors: [20.56, 20.49, 20.29, 20.17, 21.79, 28.11],
  },
];
