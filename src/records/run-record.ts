/** run.json: what a run says of itself. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { RunSpec } from '../config/schema.js';
import type { Dataset, ImageSource } from '../data/source.js';
import type { Engine } from '../engine/engine.js';
import { messageOf, SmoothOutError } from '../support/errors.js';
import { readJson, writeFileAtomic } from '../support/files.js';
import type { ProcessFacts } from '../support/versions.js';
import { counted } from '../support/words.js';
import { bestEpoch, type EpochMetrics } from './metrics.js';
import { parseVersioned } from './versioned.js';

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
  /** The same of the average of the parameters, where the run keeps one. */
  averageBestEpoch: count.optional(),
  averageBestAccuracy: percent.optional(),
  averageFinalAccuracy: percent.optional(),
  /** Gradients of a batch taken so far: as many for each update as the method asks for. Not in records of before 2027. */
  gradientEvaluations: count.optional(),
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
  /** Where and how it was trained: one for each time that something of this was different. Not in records of before 2027. */
  environments: z
    .array(
      z.object({
        command: z.array(z.string()),
        gitCommit: z.string().nullable(),
        lockfile: z.string().nullable(),
        processor: z.string(),
        threads: count,
        engine: z.string(),
        device: z.string(),
        /** Epochs that were done when it began. */
        fromEpoch: count.optional(),
      }),
    )
    .optional(),
  /** Why a run failed or diverged. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export type RunRecord = z.output<typeof recordSchema>;

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** @throws SmoothOutError CHECKPOINT_INVALID: no such file, damaged, or written by an incompatible version. */
export async function readRunRecord(path: string): Promise<RunRecord> {
  const hint = 'Use the smoothout that wrote it, or start the run over with --force.';
  const refuse = (why: string) => new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${why}`, { hint });
  return parseVersioned(await readJson(path, 'CHECKPOINT_INVALID'), recordSchema, RECORD_VERSION, refuse);
}

/** The images that a run trains on and those that choose its best epoch. */
type RunImages = Readonly<Record<'train' | 'validation', ImageSource>>;

/** Where the code came from, and what runs it. */
export interface Provenance extends Pick<RunRecord, 'gitCommit' | 'versions'> {
  readonly process: ProcessFacts;
}

interface RecordInputs {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly images: RunImages;
  readonly engine: Engine;
  readonly provenance: Provenance;
  readonly parameters: number;
  /** Gradients of a batch that an update costs. */
  readonly evaluations: number;
  readonly plannedEpochs: number;
  /** The record of the run that is resumed. */
  readonly earlier: RunRecord | undefined;
  readonly epochs: readonly EpochMetrics[];
}

/** The record of a run that starts, or goes on. */
export function newRecord(inputs: RecordInputs): RunRecord {
  const { spec, dataset, images, engine, provenance, parameters, evaluations, plannedEpochs, earlier, epochs } = inputs;
  return {
    version: RECORD_VERSION,
    experiment: spec.experiment,
    method: spec.method.label,
    seed: spec.seed,
    status: 'running',
    startedAt: earlier?.startedAt ?? new Date().toISOString(),
    finishedAt: null,
    epochs: plannedEpochs,
    validation: spec.validation,
    parameters,
    engine: engine.name,
    device: engine.device,
    configHash: spec.configHash,
    gitCommit: provenance.gitCommit,
    versions: provenance.versions,
    environments: environmentsOf(provenance, engine, earlier, epochs.length),
    dataset: spec.dataset,
    data: dataOf(dataset, images),
    error: null,
    ...progressOf(epochs, images.train, evaluations),
  };
}

function environmentsOf(
  { process: { command, ...facts }, gitCommit }: Provenance,
  { name, device }: Engine,
  earlier: RunRecord | undefined,
  fromEpoch: number,
) {
  // In the schema's order, in which a record that has been read is written again.
  const now = { command: [...command], gitCommit, ...facts, engine: name, device };
  const before = earlier?.environments ?? [];
  const { fromEpoch: _, ...last } = before.at(-1) ?? {};
  return isDeepStrictEqual(last, now) ? before : [...before, { ...now, fromEpoch }];
}

/** What decides the last bits of a run's results, as far as its last environment says: device and, on the CPU, threads. */
export function computedOn({ environments }: RunRecord): string | undefined {
  const last = environments?.at(-1);
  if (last === undefined) return undefined;
  const { engine, device, threads } = last;
  // TensorFlow.js's own backend is one thread of JavaScript.
  const shares = device === 'cpu' && engine !== 'tfjs';
  return `${engine} on ${device}${shares ? `, ${counted(threads, 'thread')}` : ''}`;
}

/** Which images the run sees. */
export function dataOf(dataset: Dataset, { train, validation }: RunImages): RunRecord['data'] {
  return {
    synthetic: dataset.synthetic,
    trainImages: train.count,
    validationImages: validation.count,
    digests: { ...dataset.digests },
  };
}

/** The part of the record that grows with the epochs. */
export function progressOf(epochs: readonly EpochMetrics[], train: ImageSource, evaluations: number) {
  const best = bestEpoch(epochs);
  const trainingSeconds = epochs.reduce((sum, { imagesPerSecond }) => sum + train.count / imagesPerSecond, 0);
  return {
    epochsDone: epochs.length,
    bestEpoch: best?.epoch ?? null,
    bestAccuracy: best?.validationAccuracy ?? null,
    finalAccuracy: epochs.at(-1)?.validationAccuracy ?? null,
    imagesPerSecond: epochs.length === 0 ? null : (train.count * epochs.length) / trainingSeconds,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    gradientEvaluations: (epochs.at(-1)?.step ?? 0) * evaluations,
    ...averageOf(epochs),
  };
}

function averageOf(epochs: readonly EpochMetrics[]) {
  const found = epochs.flatMap(({ epoch, averageAccuracy: accuracy }) =>
    accuracy === undefined ? [] : { epoch, accuracy },
  );
  const [last] = found.slice(-1);
  if (last === undefined) return {};
  const best = found.reduce((best, each) => (each.accuracy > best.accuracy ? each : best));
  return { averageBestEpoch: best.epoch, averageBestAccuracy: best.accuracy, averageFinalAccuracy: last.accuracy };
}

/** The part of the record that says why a run ended before its time. */
export function failureOf(error: unknown): Pick<RunRecord, 'status' | 'finishedAt' | 'error'> {
  const code = error instanceof SmoothOutError ? error.code : 'UNEXPECTED';
  const finishedAt = new Date().toISOString();
  if (code === 'INTERRUPTED') return { status: 'interrupted', finishedAt, error: null };
  return {
    status: code === 'DIVERGED' ? 'diverged' : 'failed',
    finishedAt,
    error: { code, message: messageOf(error) },
  };
}
