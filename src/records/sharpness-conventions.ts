/**
 * The three conventions of the sharpness metric (analysis/keskar.ts, docs/sharpness.md). They are data of the records: what
 * is stored is checked against them, the analysis measures by them, and the report has a column for each.
 */

/** What makes a convention: the rest is how exactly it is followed. */
export interface ConventionSettings {
  readonly split: 'train' | 'test';
  /** Running statistics, or those of each batch. */
  readonly batchNorm: 'running' | 'batch';
  /** `reference` hands L-BFGS-B the gradient with the wrong sign of the authors' code. */
  readonly gradient: 'exact' | 'reference';
  readonly epsilon: number;
  readonly start: 'center' | 'random';
  readonly maxIterations: number;
  /** p of the random subspace; null for A = I. */
  readonly manifold: number | null;
}

export const CONVENTIONS = ['defined', 'keskar', 'reference', 'custom'] as const;
export type Convention = (typeof CONVENTIONS)[number];
export type NamedConvention = Exclude<Convention, 'custom'>;

const common = { epsilon: 5e-4, start: 'center', maxIterations: 10, manifold: null } as const;

/** `defined` is Keskar's Metric 2.1 on a network that has finished training. */
export const NAMED_CONVENTIONS: Readonly<Record<NamedConvention, ConventionSettings>> = {
  defined: { split: 'train', batchNorm: 'running', gradient: 'exact', ...common },
  keskar: { split: 'train', batchNorm: 'batch', gradient: 'exact', ...common },
  reference: { split: 'test', batchNorm: 'running', gradient: 'reference', ...common },
};

/** In the order of the report's columns. */
export const CONVENTION_NAMES = Object.keys(NAMED_CONVENTIONS) as readonly NamedConvention[];

export const CONVENTION_KEYS = Object.keys(NAMED_CONVENTIONS.defined) as readonly (keyof ConventionSettings)[];

/** The settings changed to what the convention fixes. */
export function withConvention<T extends ConventionSettings>(settings: T, convention: NamedConvention): T {
  return { ...settings, ...NAMED_CONVENTIONS[convention] };
}

/** The images that a loss is averaged over, in batches. */
export interface MeasuredImages {
  readonly images: number;
  /** In the whole split. */
  readonly splitImages: number;
  readonly batchSize: number;
}

/** Fewer images, or smaller batches of them, give another quantity than the one that the convention names. */
const LEAST_IMAGES = 1000;
const LEAST_BATCH = 100;

/** The convention that settings follow, on enough images to be called by its name. */
export function conventionOf(settings: ConventionSettings & MeasuredImages): Convention {
  const { images, splitImages, batchNorm, batchSize } = settings;
  if (images < Math.min(LEAST_IMAGES, splitImages)) return 'custom';
  if (batchNorm === 'batch' && batchSize < Math.min(LEAST_BATCH, images)) return 'custom';
  const named = CONVENTION_NAMES.find((name) =>
    CONVENTION_KEYS.every((key) => NAMED_CONVENTIONS[name][key] === settings[key]),
  );
  return named ?? 'custom';
}
