/**
 * sharpness.json, beside a run's checkpoint: what `smoothout sharpness` writes and the report reads.
 *
 * Batch normalisation's mode alone changes the metric 50-fold and the sign of the gradient decides whether L-BFGS-B climbs
 * at all, so every number carries the convention it follows. A file holds at most one measurement of each named convention;
 * `custom` ones (other ε, other data, projected ascent …) may be many.
 */
import { z } from 'zod';

export const SHARPNESS_VERSION = 1;

const CONVENTIONS = ['defined', 'keskar', 'reference', 'custom'] as const;
export type Convention = (typeof CONVENTIONS)[number];
export type NamedConvention = Exclude<Convention, 'custom'>;

type NamedKey = 'split' | 'batchNorm' | 'gradient' | 'epsilon' | 'start' | 'maxIterations';

const common = { epsilon: 5e-4, start: 'center', maxIterations: 10 } as const;

/** What a named convention fixes. `defined` is Keskar's Metric 2.1 on a network that has finished training. */
export const NAMED_CONVENTIONS: Readonly<Record<NamedConvention, Readonly<Pick<SharpnessMeasurement, NamedKey>>>> = {
  defined: { split: 'train', batchNorm: 'running', gradient: 'exact', ...common },
  keskar: { split: 'train', batchNorm: 'batch', gradient: 'exact', ...common },
  reference: { split: 'test', batchNorm: 'running', gradient: 'reference', ...common },
};

/** In the order of the report's columns. */
export const CONVENTION_NAMES = Object.keys(NAMED_CONVENTIONS) as readonly NamedConvention[];

const measurement = z.object({
  convention: z.enum(CONVENTIONS),
  split: z.enum(['train', 'test']),
  batchNorm: z.enum(['running', 'batch']),
  /** `reference` hands L-BFGS-B the gradient with the reference code's wrong sign. */
  gradient: z.enum(['exact', 'reference']),
  epsilon: z.number().positive(),
  start: z.enum(['center', 'random']),
  maxIterations: z.int().min(0),
  /** How many images the loss is averaged over. */
  images: z.int().min(1),
  /** The metric of each repeat, 100·(max f − f)/(1 + f). */
  repeats: z.array(z.number()).min(1),
  /** The largest of the repeats, as the paper reports. */
  value: z.number(),
  /** f at the checkpoint itself, over the same images and in the same batch-norm mode. */
  loss: z.number(),
  /** How L-BFGS-B ended, repeat by repeat. */
  status: z.array(z.string()),
  /** Loss-and-gradient evaluations, repeat by repeat. */
  evaluations: z.array(z.int().min(0)),
  seconds: z.number().min(0),
});

export type SharpnessMeasurement = z.output<typeof measurement>;

const record = z.object({
  version: z.literal(SHARPNESS_VERSION),
  /** The file measured, beside this one. */
  checkpoint: z.string(),
  /** The checkpoint's epoch, so that a measurement of an earlier checkpoint is not taken for one of today's. */
  epoch: z.int().min(0).nullable().default(null),
  measurements: z.array(measurement),
});

export type SharpnessRecord = z.output<typeof record>;

/** What is wrong with a measurement that calls itself by a convention's name, or null. */
function contradiction(m: SharpnessMeasurement): string | null {
  if (m.value !== Math.max(...m.repeats)) {
    return `value ${m.value} is not the largest of its repeats, ${Math.max(...m.repeats)}`;
  }
  if (m.convention === 'custom') return null;
  const fixed = NAMED_CONVENTIONS[m.convention];
  for (const key of Object.keys(fixed) as (keyof typeof fixed)[]) {
    if (m[key] !== fixed[key]) return `${key} is ${m[key]}, where "${m.convention}" means ${fixed[key]}`;
  }
  return null;
}

/**
 * Reads the text of a sharpness.json.
 *
 * @throws Error with a one-line reason: not JSON, another version, a missing field, a measurement that contradicts its
 * convention, or a convention measured twice.
 */
export function parseSharpnessRecord(text: string): SharpnessRecord {
  const json: unknown = JSON.parse(text);
  const version = (json as { version?: unknown } | null)?.version;
  if (version !== SHARPNESS_VERSION) {
    throw new Error(`version ${JSON.stringify(version)}, where this program reads version ${SHARPNESS_VERSION}`);
  }
  const parsed = record.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${issue.path.join('.') || 'the file'}: ${issue.message}`);
  }
  const seen = new Set<Convention>();
  for (const m of parsed.data.measurements) {
    const reason = contradiction(m);
    if (reason !== null) throw new Error(`the "${m.convention}" measurement: ${reason}`);
    if (m.convention !== 'custom' && seen.has(m.convention)) throw new Error(`"${m.convention}" is measured twice`);
    seen.add(m.convention);
  }
  return parsed.data;
}
