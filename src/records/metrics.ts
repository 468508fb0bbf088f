/** metrics.jsonl: a line for each epoch of a run, appended when the epoch ends. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { SmoothOutError } from '../support/errors.js';
import { asWriteError, checkKept, exists, parseJson, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { parseAs } from '../support/refusal.js';
import { counted } from '../support/words.js';
import { damaged } from './run-folder.js';

const metricsSchema = z.object({
  /** Counted from 1. */
  epoch: z.int().min(1),
  /** Parameter updates since the start of the run. */
  step: z.int().min(0),
  learningRate: z.number(),
  /** Mean cross-entropy (nats) and accuracy (percent) over the epoch's batches as they were trained on, noise included. */
  trainLoss: z.number(),
  trainAccuracy: z.number(),
  /**
   * At the end of the epoch, without noise, with running batch statistics, on the images that `validation` in run.json
   * names: the test set, as in the paper, or held-out training images.
   */
  validationLoss: z.number(),
  validationAccuracy: z.number(),
  /** Of the average of the parameters, where the run keeps one and has begun it. */
  averageLoss: z.number().optional(),
  averageAccuracy: z.number().optional(),
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
  const line = Buffer.from(`${JSON.stringify(metrics)}\n`);
  try {
    const file = await open(path, 'a');
    try {
      const before = await file.stat();
      await file.writeFile(line);
      await file.datasync();
      checkKept(await file.stat(), before.size + line.length, path);
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
 * @throws SmoothOutError CHECKPOINT_INVALID for any other line that is not an epoch's, or not that of the next epoch.
 */
export async function readMetrics(path: string): Promise<EpochMetrics[]> {
  const lines = ((await readTextIfExists(path)) ?? '').split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const where = `${path}:${i + 1}`;
    const value = parseJson(line);
    if (value === undefined) throw damaged(where, 'not valid JSON');
    const metrics = parseAs(metricsSchema, value, (why) => damaged(where, why));
    const { epoch } = metrics;
    if (epoch !== i + 1) throw damaged(where, `epoch ${epoch}, where epoch ${i + 1} belongs`);
    return metrics;
  });
}

/**
 * Keeps the lines up to `epoch`, the one that the checkpoint a run resumes from was saved at.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where there are not as many, and for what `readMetrics` refuses.
 */
export async function truncateMetrics(path: string, epoch: number): Promise<EpochMetrics[]> {
  const kept = (await readMetrics(path)).slice(0, epoch);
  if (kept.length < epoch) {
    const found = (await exists(path)) ? counted(kept.length, 'epoch') : 'there is no such file';
    throw damaged(path, `${found}, where the checkpoint is after ${epoch}`);
  }
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
