/**
 * LPF-SGD (Bisla et al. 2022, Algorithm 1): the loss passed through a Gaussian low-pass filter, its gradient estimated at
 * one sample of the noise for each part of the batch.
 */
import type { Layout } from '../nn/layout.js';
import { smoothOut } from './algorithm.js';
import type { Method, Noise } from './method.js';
import { filterwisePerturbation } from './perturbation.js';

/** The M parts that a batch is cut into (training/plan.ts) are passes, as ghost batches are. */
export const lpfSgd = (noise: Omit<Noise, 'distribution' | 'per'>, layout: Layout): Method =>
  smoothOut(filterwisePerturbation(layout), { ...noise, distribution: 'gaussian', per: 'ghostBatch' });
