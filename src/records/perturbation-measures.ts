/**
 * The measures of sharpness that ask how the loss changes around w, beside Keskar et al.'s (sharpness-conventions.ts): their
 * definitions, and how one is kept in sharpness.json. They stand in a list of their own, so that none is taken for another.
 */
import { z } from 'zod';
import { positiveCount, SHAPES } from './measured-on.js';

const source2023 =
  'Andriushchenko et al., A modern look at the relationship between sharpness and generalization, 2023';
const source2022 = 'Bisla et al., Low-pass filtering SGD for recovering flat optima, 2022';

/** c is 1, or |w| element by element where the measure is adaptive; S runs over disjoint sets of m images. */
export const MEASURES = {
  worst: { title: 'worst case', definition: `mean over S of max L_S(w + c·v) − L_S(w), ‖v‖ ≤ ρ (${source2023})` },
  average: {
    title: 'average case',
    definition: `mean over S and v of L_S(w + c·v) − L_S(w), v ~ N(0, ρ²) for L2 and U(−ρ, ρ) for L∞ (${source2023})`,
  },
  lpf: { title: 'LPF', definition: `mean over v of L(w + v), v ~ N(0, ρ²) (${source2022})` },
} as const;

export type MeasureName = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[];

/** What a value depends on beside the checkpoint. */
const settingsShape = {
  measure: z.enum(MEASURE_NAMES),
  norm: z.enum(['l2', 'linf']),
  adaptive: z.boolean(),
  /** ρ: of the ball, or of the random numbers. */
  radius: z.number().positive(),
  /** Images in a set S. */
  m: positiveCount,
  /** Steps of Auto-PGD in the worst case, else perturbations drawn for each S. */
  steps: positiveCount,
  /** `normalised`: less their mean and scaled to length 1, image by image, as in the code of Andriushchenko et al. */
  logits: z.enum(['plain', 'normalised']),
  ...SHAPES.loss,
  /** Those of all sets. */
  ...SHAPES.images,
  /** Of the perturbations drawn; the worst case draws none. */
  seed: z.int().min(0),
};

export const perturbationSchema = z.object({
  ...settingsShape,
  /** In nats. */
  value: z.number(),
  /** Standard error over the sets, and over what is drawn for each; null where there is one value alone. */
  standardError: z.number().nullable(),
  /** L at w itself, over the same images. */
  loss: z.number(),
  /** Passes through a set S, in all. */
  evaluations: z.int().min(1),
  definition: z.string(),
  ...SHAPES.computed,
});

export type MeasureSettings = z.output<z.ZodObject<typeof settingsShape>>;
export type PerturbationMeasurement = z.output<typeof perturbationSchema>;

const SETTINGS = Object.keys(settingsShape) as readonly (keyof MeasureSettings)[];

/** Whether two measurements of one checkpoint would be the same. */
export function isSameMeasure(a: MeasureSettings, b: MeasureSettings): boolean {
  return SETTINGS.every((key) => a[key] === b[key] || (key === 'seed' && a.measure === 'worst'));
}

const NORMS = { l2: 'L2', linf: 'L∞' } as const;

/** Names a measure with the settings that make it another quantity, such as "worst case, L∞, adaptive, ρ = 0.001, m = 128". */
export function measureTitle(settings: MeasureSettings): string {
  const { measure, norm, adaptive, radius, m, logits, split, batchNorm } = settings;
  return [
    MEASURES[measure].title,
    ...(measure === 'lpf' ? [] : [NORMS[norm], ...(adaptive ? ['adaptive'] : [])]),
    measure === 'lpf' ? `σ = ${radius}` : `ρ = ${radius}`,
    ...(measure === 'lpf' ? [] : [`m = ${m}`]),
    ...(logits === 'normalised' ? ['normalised logits'] : []),
    ...(split === 'test' ? ['test set'] : []),
    ...(batchNorm === 'batch' ? ['statistics of each batch'] : []),
  ].join(', ');
}
