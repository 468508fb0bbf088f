/**
 * sharpness.json, beside a run's checkpoint: what `smoothout sharpness` writes and the report reads.
 *
 * Batch normalisation's mode alone changes the metric 50-fold and the sign of the gradient decides whether L-BFGS-B climbs
 * at all, so every number carries the convention it follows. A file holds at most one measurement of each named convention;
 * `custom` ones (other ε, other data, a few images …) may be many.
 */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { exists } from '../support/files.js';
import { count, measurementFile, positiveCount, SHAPES } from './measured-on.js';
import { isSameMeasure, perturbationSchema } from './perturbation-measures.js';
import { recordBeside } from './run-folder.js';
import {
  CONVENTION_KEYS,
  CONVENTIONS,
  type Convention,
  conventionOf,
  NAMED_CONVENTIONS,
} from './sharpness-conventions.js';
import { parseVersioned } from './versioned.js';

const SHARPNESS_VERSION = 1;

/** null stands for what JSON has no word for: NaN and ±Infinity. */
const numberOrNull = z.number().nullable();

/** Other ways to the same number, so that a reader sees whether L-BFGS-B found the maximum. */
const check = z.object({
  projectedAscent: z.object({
    /** The metric with the best value of projected ascent for the maximum. */
    value: numberOrNull,
    /** From the minimiser, then from random points of the box. */
    starts: z.array(numberOrNull),
    evaluations: count,
  }),
  /** Of the Hessian of f at the minimiser. */
  largestEigenvalue: z.object({
    value: numberOrNull,
    residual: numberOrNull,
    iterations: count,
    evaluations: count,
    converged: z.boolean(),
  }),
});

const measurementSchema = z.object({
  convention: z.enum(CONVENTIONS),
  ...SHAPES.loss,
  gradient: z.enum(['exact', 'reference']),
  epsilon: z.number().positive(),
  start: z.enum(['center', 'random']),
  maxIterations: count,
  manifold: positiveCount.nullable(),
  ...SHAPES.images,
  /** Of random starts and subspaces. */
  seed: count,
  /** The metric of each repeat, 100·(max f − f)/(1 + f). */
  repeats: z.array(z.number()).min(1),
  /** How many repeats were run: one where all of them are the same run, whose numbers then stand for each. */
  repeatsRun: positiveCount,
  /** The largest of the repeats, as the paper reports. */
  value: z.number(),
  /** f at the checkpoint itself, over the same images and in the same batch-norm mode. */
  loss: z.number(),
  /** How L-BFGS-B ended, repeat by repeat. */
  status: z.array(z.string()),
  /** Loss-and-gradient evaluations, repeat by repeat. */
  evaluations: z.array(count),
  check: check.nullable(),
  ...SHAPES.computed,
});

export type SharpnessMeasurement = z.output<typeof measurementSchema>;
export type SharpnessCheck = z.output<typeof check>;

const recordSchema = z.object({
  version: z.literal(SHARPNESS_VERSION),
  ...SHAPES.checkpoint,
  measurements: z.array(measurementSchema),
  /** Of other measures than Keskar et al.'s. */
  perturbations: z.array(perturbationSchema).default([]),
});

export type SharpnessRecord = z.output<typeof recordSchema>;

/** What is wrong with a measurement that calls itself by a convention's name, or null. */
function contradiction(m: SharpnessMeasurement): string | null {
  if (m.value !== Math.max(...m.repeats)) {
    return `value ${m.value} is not the largest of its repeats, ${Math.max(...m.repeats)}`;
  }
  if (m.convention === 'custom') return null;
  const fixed = NAMED_CONVENTIONS[m.convention];
  const other = CONVENTION_KEYS.find((key) => m[key] !== fixed[key]);
  return other === undefined ? null : `${other} is ${m[other]}, where "${m.convention}" means ${fixed[other]}`;
}

/**
 * Reads the text of a sharpness.json. A named measurement on too few images to deserve the name is a custom one.
 *
 * @throws Error with a one-line reason: not JSON, another version, a missing field, a measurement that contradicts its
 * convention, or a convention measured twice.
 */
export function parseSharpnessRecord(text: string): SharpnessRecord {
  const record = parseVersioned(JSON.parse(text), recordSchema, SHARPNESS_VERSION);
  const seen = new Set<Convention>();
  const measurements = record.measurements.map((m) => {
    const reason = contradiction(m);
    if (reason !== null) throw new Error(`the "${m.convention}" measurement: ${reason}`);
    if (m.convention !== 'custom' && seen.has(m.convention)) throw new Error(`"${m.convention}" is measured twice`);
    seen.add(m.convention);
    return m.convention === 'custom' ? m : { ...m, convention: conventionOf(m) };
  });
  return { ...record, measurements };
}

/**
 * sharpness.json in the checkpoint's folder, where the report looks for that of best.safetensors. Measurements of
 * another checkpoint beside it do not take its place.
 */
export async function sharpnessPath(checkpoint: string): Promise<string> {
  const folder = dirname(checkpoint);
  const own = recordBeside(checkpoint, 'sharpness');
  if (await exists(join(folder, 'best.safetensors'))) return own;
  const usual = join(folder, 'sharpness.json');
  const record = await sharpnessFile.read(usual);
  return record === null || record.checkpoint === basename(checkpoint) ? usual : own;
}

/** What a measurement's values depend on. */
const MEASUREMENT_KEYS = [...CONVENTION_KEYS, 'images', 'batchSize', 'seed'] as const;
type MeasurementKey = (typeof MEASUREMENT_KEYS)[number];

/** A named convention is there once; custom measurements differ in some setting. */
function isReplacedBy(earlier: SharpnessMeasurement, added: SharpnessMeasurement): boolean {
  if (added.convention !== 'custom') return earlier.convention === added.convention;
  return earlier.convention === 'custom' && MEASUREMENT_KEYS.every((key) => earlier[key] === added[key]);
}

export const sharpnessFile = measurementFile<Pick<SharpnessRecord, 'measurements' | 'perturbations'>, SharpnessRecord>({
  version: SHARPNESS_VERSION,
  parse: parseSharpnessRecord,
  replaces: { measurements: isReplacedBy, perturbations: isSameMeasure },
});

/** Whether the settings, with their number of repeats and with the check where that is asked for, would only repeat it. */
export function answersSharpness(
  earlier: SharpnessMeasurement,
  asked: Pick<SharpnessMeasurement, MeasurementKey> & { readonly repeats: number; readonly check: boolean },
): boolean {
  return (
    MEASUREMENT_KEYS.every((key) => earlier[key] === asked[key]) &&
    earlier.repeats.length === asked.repeats &&
    (!asked.check || earlier.check !== null)
  );
}
