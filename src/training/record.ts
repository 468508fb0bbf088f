/** run.json: what a run is, how far it has come and how it ended. */
import { z } from 'zod';
import { SmoothOutError } from '../support/errors.js';
import { readJson, writeFileAtomic } from '../support/files.js';

/** Changes when a reader of the old files would misread the new ones. */
export const RECORD_VERSION = 1;

const percent = z.number().min(0).max(100);
const count = z.int().min(0);

const schema = z.object({
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

export type RunRecord = z.output<typeof schema>;
export type RunStatus = RunRecord['status'];

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
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SmoothOutError(
    'CHECKPOINT_INVALID',
    `${path}: ${issue!.path.join('.') || 'run record'}: ${issue!.message}`,
    {
      hint: 'Start the run over with --force.',
    },
  );
}
