/** What a run says of itself: run.json, and metrics.jsonl with a line for each epoch. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { RunSpec } from '../config/schema.js';
import type { Dataset } from '../data/source.js';
import type { Engine } from '../engine/engine.js';
import { SmoothOutError } from '../support/errors.js';
import { asWriteError, parseJson, readJson, readTextIfExists, writeFileAtomic } from '../support/files.js';
import type { Sources } from './setup.js';

/** Changes when a reader of the old files would misread the new ones. */
export const RECORD_VERSION = 1;

const percent = z.number().min(0).max(100);
const count = z.int().min(0);

const recordSchema = z.object({
  version: z.literal(RECORD_VERSION),
  experiment: z.string(),
  /** The method's label: its name, unless the config gives it another. */
  method: z.string(),
  seed: count,
  status: z.enum(['running', 'completed', 'failed', 'diverged', 'interrupted']),
  /** ISO 8601, UTC; `startedAt` is when the run first started, however often it was resumed. */
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** How many epochs the run is to have, and how many are done. */
  epochs: count,
  epochsDone: count,
  /** Counted from 1. Null until an epoch has been validated; the first of several equally good ones. */
  bestEpoch: count.nullable(),
  bestAccuracy: percent.nullable(),
  /** After the last epoch that is done. */
  finalAccuracy: percent.nullable(),
  /** What chose the best epoch and gave the accuracies: `test`, or `holdout:N` of the training set. */
  validation: z.string(),
  /** Of training alone, over all epochs. */
  imagesPerSecond: z.number().nullable(),
  /** Wall time of all epochs together, evaluation and checkpoints included. */
  seconds: z.number(),
  /** How many numbers are trained. */
  parameters: count,
  engine: z.string(),
  device: z.string(),
  configHash: z.string(),
  gitCommit: z.string().nullable(),
  versions: z.record(z.string(), z.string().nullable()),
  dataset: z.string(),
  data: z.object({
    /** Generated stand-in, never to be mistaken for the real data. */
    synthetic: z.boolean(),
    trainImages: count,
    validationImages: count,
    /** SHA-256 of the files, by name, where the data set has few enough to say. */
    digests: z.record(z.string(), z.string()),
  }),
  /** Why a run failed or diverged. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export type RunRecord = z.output<typeof recordSchema>;

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** @throws SmoothOutError CHECKPOINT_INVALID: no such file, damaged, or written by an incompatible version. */
export async function readRunRecord(path: string): Promise<RunRecord> {
  const value = await readJson(path, 'CHECKPOINT_INVALID');
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== RECORD_VERSION) {
    throw new SmoothOutError(
      'CHECKPOINT_INVALID',
      `${path}: run record of version ${JSON.stringify(version) ?? 'unknown'}; this smoothout reads version ${RECORD_VERSION}`,
      { hint: 'Use the smoothout that wrote it, or start the run over with --force.' },
    );
  }
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw damaged(path, `${issue.path.join('.') || 'run record'}: ${issue.message}`);
}

/** What is left of a run cannot be used. */
export function damaged(where: string, why: string): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${where}: ${why}`, { hint: 'Start the run over with --force.' });
}

/** Where the code came from. */
export type Provenance = Pick<RunRecord, 'gitCommit' | 'versions'>;

interface RecordInputs {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly sources: Sources;
  readonly engine: Engine;
  readonly provenance: Provenance;
  readonly parameters: number;
  /** The record of the run that is resumed. */
  readonly earlier: RunRecord | undefined;
  readonly epochs: readonly EpochMetrics[];
}

/** The record of a run that starts, or goes on. */
export function newRecord(inputs: RecordInputs): RunRecord {
  const { spec, dataset, sources, engine, provenance, parameters, earlier, epochs } = inputs;
  return {
    version: RECORD_VERSION,
    experiment: spec.experiment,
    method: spec.method.label,
    seed: spec.seed,
    status: 'running',
    startedAt: earlier?.startedAt ?? new Date().toISOString(),
    finishedAt: null,
    epochs: spec.epochs,
    validation: spec.validation,
    parameters,
    engine: engine.name,
    device: engine.device,
    configHash: spec.configHash,
    ...provenance,
    dataset: spec.dataset,
    data: dataOf(dataset, sources),
    error: null,
    ...progressOf(epochs, sources),
  };
}

/** Which images the run sees. */
export function dataOf(dataset: Dataset, { train, validation }: Sources): RunRecord['data'] {
  return {
    synthetic: dataset.synthetic,
    trainImages: train.count,
    validationImages: validation.count,
    digests: { ...dataset.digests },
  };
}

/** The part of the record that grows with the epochs. */
export function progressOf(epochs: readonly EpochMetrics[], { train }: Sources) {
  const best = bestEpoch(epochs);
  const trainingSeconds = epochs.reduce((sum, { imagesPerSecond }) => sum + train.count / imagesPerSecond, 0);
  return {
    epochsDone: epochs.length,
    bestEpoch: best?.epoch ?? null,
    bestAccuracy: best?.validationAccuracy ?? null,
    finalAccuracy: epochs.at(-1)?.validationAccuracy ?? null,
    imagesPerSecond: epochs.length === 0 ? null : (train.count * epochs.length) / trainingSeconds,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** The part of the record that says why a run ended before its time. */
export function failureOf(error: unknown): Pick<RunRecord, 'status' | 'finishedAt' | 'error'> {
  const code = error instanceof SmoothOutError ? error.code : 'UNEXPECTED';
  const finishedAt = new Date().toISOString();
  if (code === 'INTERRUPTED') return { status: 'interrupted', finishedAt, error: null };
  const message = error instanceof Error ? error.message : String(error);
  return { status: code === 'DIVERGED' ? 'diverged' : 'failed', finishedAt, error: { code, message } };
}

const metricsSchema = z.object({
  /** Counted from 1. */
  epoch: z.int().min(1),
  /** Parameter updates since the start of the run. */
  step: z.int().min(0),
  learningRate: z.number(),
  /** Mean cross-entropy (nats) and accuracy (percent) over the epoch's batches as they were trained on, noise included. */
  trainLoss: z.number(),
  trainAccuracy: z.number(),
  /** At the end of the epoch, without noise, with running batch statistics. */
  validationLoss: z.number(),
  validationAccuracy: z.number(),
  /** Wall time of the epoch; images per second of its training part. */
  seconds: z.number(),
  imagesPerSecond: z.number(),
});

export type EpochMetrics = z.output<typeof metricsSchema>;

/**
 * Adds an epoch's line and waits until it is on the disk.
 *
 * @throws SmoothOutError DIVERGED for a number that is not finite, which JSON cannot hold; NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function appendMetrics(path: string, metrics: EpochMetrics): Promise<void> {
  const infinite = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (infinite !== undefined) {
    throw new SmoothOutError('DIVERGED', `epoch ${metrics.epoch}: ${infinite[0]} is ${infinite[1]}`);
  }
  try {
    const file = await open(path, 'a');
    try {
      await file.writeFile(`${JSON.stringify(metrics)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asWriteError(error, path);
  }
}

/**
 * The epochs so far. A last line without its end is what a kill left of it, and is not read.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID for any other line that is not an epoch's.
 */
export async function readMetrics(path: string): Promise<EpochMetrics[]> {
  const lines = ((await readTextIfExists(path)) ?? '').split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const parsed = metricsSchema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw damaged(`${path}:${i + 1}`, `${where}${issue.message}`);
  });
}

/** Keeps the lines up to `epoch`, the one that the checkpoint a run resumes from was saved at. */
export async function truncateMetrics(path: string, epoch: number): Promise<EpochMetrics[]> {
  const kept = (await readMetrics(path)).filter((metrics) => metrics.epoch <= epoch);
  await writeFileAtomic(path, kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join(''));
  return kept;
}

/** The epoch of the highest validation accuracy, the first of several; undefined where there is none. */
export function bestEpoch(epochs: readonly EpochMetrics[]): EpochMetrics | undefined {
  return epochs.reduce<EpochMetrics | undefined>(
    (best, epoch) => (best === undefined || epoch.validationAccuracy > best.validationAccuracy ? epoch : best),
    undefined,
  );
}
