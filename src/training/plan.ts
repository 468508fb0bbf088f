/** How long a run trains, and in which batches: its budget in epochs, updates or gradient evaluations, made one. */
import type { RunSpec } from '../config/schema.js';
import { batchSizes } from './batch-sizes.js';

export interface Plan {
  /** The last of them may end early. */
  readonly epochs: number;
  readonly updates: number;
  /** The sizes of the batches of an epoch, counted from 0. */
  readonly sizes: (epoch: number) => number[];
}

/** @param evaluations gradients of a batch that an update of the method costs */
export function planOf(
  spec: Pick<RunSpec, 'budget' | 'epochs' | 'batchSize'>,
  images: number,
  evaluations: number,
): Plan {
  const sizes = batchSizes(images, spec.batchSize);
  const updates = updatesOf(spec, sizes.length, evaluations);
  return {
    epochs: Math.ceil(updates / sizes.length),
    updates,
    sizes: (epoch) => sizes.slice(0, updates - epoch * sizes.length),
  };
}

function updatesOf(
  { budget, epochs }: Pick<RunSpec, 'budget' | 'epochs'>,
  anEpoch: number,
  evaluations: number,
): number {
  if (budget === null) return epochs * anEpoch;
  return 'updates' in budget ? budget.updates : Math.max(1, Math.floor(budget.gradients / evaluations));
}
