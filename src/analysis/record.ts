/**
 * A measurement's settings with the convention that they make up, and sharpness.json: the report's record
 * (report/sharpness-record.ts), and beside its fields what repeats a measurement.
 */
import { basename, dirname, join } from 'node:path';
import {
  CONVENTION_NAMES,
  type Convention,
  NAMED_CONVENTIONS,
  type NamedConvention,
  parseSharpnessRecord,
  SHARPNESS_VERSION,
  type SharpnessMeasurement,
} from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, readTextIfExists, writeFileAtomic } from '../support/files.js';
import type { LargestEigenvalue } from './hessian.js';

/** What a measurement depends on beside the checkpoint. */
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
  repeats: 5,
  images: null,
  batchSize: null,
  manifold: null,
  seed: 1,
};

/** The settings changed to what the convention fixes: all weights are searched, too. */
export function withConvention(settings: SharpnessSettings, convention: NamedConvention): SharpnessSettings {
  return { ...settings, ...NAMED_CONVENTIONS[convention], manifold: null };
}

/** What makes a convention: the rest is how exactly it is followed. */
const CONVENTION_KEYS = ['split', 'batchNorm', 'gradient', 'epsilon', 'start', 'maxIterations', 'manifold'] as const;

/**
 * Named conventions start at the minimiser and iterate ten times over all weights. How many images f is averaged over
 * is a matter of precision, and is recorded beside the value.
 */
export function conventionOf(settings: Pick<SharpnessSettings, (typeof CONVENTION_KEYS)[number]>): Convention {
  const matches = (convention: NamedConvention): boolean => {
    const named = withConvention(DEFAULT_SETTINGS, convention);
    return CONVENTION_KEYS.every((key) => named[key] === settings[key]);
  };
  return CONVENTION_NAMES.find(matches) ?? 'custom';
}

/** How many runs of L-BFGS-B the repeats take: from the minimiser over all weights, every one would be the same. */
export function runsOf({ start, manifold, repeats }: SharpnessSettings): number {
  return start === 'random' || manifold !== null ? repeats : 1;
}

/** Other ways to the same number, so that a reader sees whether L-BFGS-B found the maximum. */
export interface SecondOpinions {
  /** The metric with the best value of projected ascent for the maximum. */
  readonly projectedAscent: {
    readonly value: number;
    /** From the minimiser, then from random points of the box. */
    readonly starts: readonly number[];
    readonly evaluations: number;
  };
  /** Of the Hessian of f at the minimiser. */
  readonly largestEigenvalue: LargestEigenvalue;
}

export interface StoredMeasurement extends SharpnessMeasurement {
  readonly batchSize: number;
  readonly manifold: number | null;
  readonly seed: number;
  /** How many repeats were run: one where all of them are the same run, whose numbers then stand for each. */
  readonly repeatsRun: number;
  /** Images in the whole split. */
  readonly splitImages: number;
  readonly check: SecondOpinions | null;
  readonly engine: string;
  readonly device: string;
}

export interface StoredRecord {
  readonly version: typeof SHARPNESS_VERSION;
  readonly checkpoint: string;
  readonly epoch: number | null;
  /** SHA-256 of the checkpoint's file. */
  readonly checkpointSha256: string;
  readonly measurements: readonly StoredMeasurement[];
}

/** The checkpoint that a record is about. */
export type Identity = Pick<CheckpointFile, 'path' | 'epoch' | 'sha256'>;

const BEST = 'best.safetensors';

/**
 * sharpness.json in the checkpoint's folder, where the report looks for that of best.safetensors. Measurements of
 * another checkpoint beside it do not take its place: theirs is NAME-sharpness.json.
 */
export async function recordPath(checkpoint: string): Promise<string> {
  const folder = dirname(checkpoint);
  const name = basename(checkpoint);
  const usual = join(folder, 'sharpness.json');
  if (name === BEST) return usual;
  const own = join(folder, `${name.replace(/\.safetensors$/, '')}-sharpness.json`);
  if (await exists(join(folder, BEST))) return own;
  const text = await readTextIfExists(usual);
  return text === null || parse(text, usual).checkpoint === name ? usual : own;
}

/**
 * What has been measured of exactly this checkpoint; none of it where the file has changed since.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where sharpness.json is damaged.
 */
export async function readMeasurements(path: string, identity: Identity): Promise<readonly StoredMeasurement[]> {
  const text = await readTextIfExists(path);
  if (text === null) return [];
  const record = parse(text, path);
  const isSame = record.checkpoint === basename(identity.path) && record.checkpointSha256 === identity.sha256;
  return isSame ? record.measurements : [];
}

/** Adds a measurement in place of one that it repeats. @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function addMeasurement(path: string, identity: Identity, added: StoredMeasurement): Promise<void> {
  const { epoch, sha256: checkpointSha256 } = identity;
  const before = await readMeasurements(path, identity);
  const kept = before.filter((earlier) => !isReplacedBy(earlier, added));
  const record: StoredRecord = {
    version: SHARPNESS_VERSION,
    checkpoint: basename(identity.path),
    epoch,
    checkpointSha256,
    measurements: [...kept, added],
  };
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** What a measurement's values depend on. */
const MEASUREMENT_KEYS = [...CONVENTION_KEYS, 'images', 'batchSize', 'seed'] as const;

/** A named convention is there once; custom measurements differ in some setting. */
function isReplacedBy(earlier: StoredMeasurement, added: StoredMeasurement): boolean {
  if (added.convention !== 'custom') return earlier.convention === added.convention;
  return earlier.convention === 'custom' && MEASUREMENT_KEYS.every((key) => earlier[key] === added[key]);
}

/** The earlier measurement that the settings would only repeat. `images` and `batchSize` are those they come to. */
export function alreadyMeasured(
  measurements: readonly StoredMeasurement[],
  settings: SharpnessSettings & { readonly images: number; readonly batchSize: number },
  withCheck: boolean,
): StoredMeasurement | undefined {
  return measurements.find(
    (earlier) =>
      MEASUREMENT_KEYS.every((key) => earlier[key] === settings[key]) &&
      earlier.repeats.length === settings.repeats &&
      (!withCheck || earlier.check !== null),
  );
}

function parse(text: string, path: string): StoredRecord {
  try {
    // The report's reader checks the fields that it knows and drops the others.
    parseSharpnessRecord(text);
    return JSON.parse(text) as StoredRecord;
  } catch (error) {
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${(error as Error).message}`, {
      hint: 'Move the file away to measure anew.',
    });
  }
}
