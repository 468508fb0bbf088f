/** What a measurement depends on beside the checkpoint, and the convention those settings make up. */
import { type Convention, NAMED_CONVENTIONS, type NamedConvention } from '../report/sharpness-record.js';

export interface SharpnessSettings {
  readonly split: 'train' | 'test';
  /** Running statistics, or those of each batch. */
  readonly batchNorm: 'running' | 'batch';
  readonly gradient: 'exact' | 'reference';
  readonly epsilon: number;
  readonly start: 'center' | 'random';
  readonly maxIterations: number;
  readonly repeats: number;
  /** The first images of the split only; null for all of them. */
  readonly images: number | null;
  /** Null for the network's usual one (objective.ts). */
  readonly batchSize: number | null;
  /** p of the random subspace; null for A = I. */
  readonly manifold: number | null;
  /** Of random starts and subspaces. */
  readonly seed: number;
}

/** The metric as the paper defines it, on the training set of a network that has finished training. */
export const DEFAULT_SETTINGS: SharpnessSettings = {
  ...NAMED_CONVENTIONS.defined,
  start: 'center',
  maxIterations: 10,
  repeats: 5,
  images: null,
  batchSize: null,
  manifold: null,
  seed: 1,
};

export const NAMED = Object.keys(NAMED_CONVENTIONS) as NamedConvention[];

/** The settings changed to what the convention fixes. */
export function withConvention(settings: SharpnessSettings, convention: NamedConvention): SharpnessSettings {
  const { start, maxIterations, manifold } = DEFAULT_SETTINGS;
  return { ...settings, ...NAMED_CONVENTIONS[convention], start, maxIterations, manifold };
}

/** What makes a convention: the rest is how exactly it is followed. */
const DECISIVE = ['split', 'batchNorm', 'gradient', 'epsilon', 'start', 'maxIterations', 'manifold'] as const;
type DecisiveKey = (typeof DECISIVE)[number];

/**
 * Named conventions start at the minimiser and iterate ten times over all weights. How many images f is averaged over
 * is a matter of precision, and is recorded beside the value.
 */
export function conventionOf(settings: Pick<SharpnessSettings, DecisiveKey>): Convention {
  const matches = (convention: NamedConvention): boolean => {
    const named = withConvention(DEFAULT_SETTINGS, convention);
    return DECISIVE.every((key) => named[key] === settings[key]);
  };
  return NAMED.find(matches) ?? 'custom';
}

/** Whether repeats differ: from the minimiser over all weights, L-BFGS-B does the same again. */
export function isRandom({ start, manifold }: Pick<SharpnessSettings, 'start' | 'manifold'>): boolean {
  return start === 'random' || manifold !== null;
}
