/** What the records of measurements share: the checkpoint they are about, the images, the machine, and how they are kept. */
import { basename } from 'node:path';
import { z } from 'zod';
import { messageOf, SmoothOutError } from '../support/errors.js';
import { readTextIfExists, writeFileAtomic } from '../support/files.js';
import { type Lock, waitForLock } from '../support/lock.js';

export const count = z.int().min(0);
export const positiveCount = z.int().min(1);

/** The checkpoint that a record is about. */
export interface MeasuredCheckpoint {
  readonly path: string;
  readonly epoch: number | null;
  readonly sha256: string;
}

/** What all measurements say, for their schemas. */
export const SHAPES = {
  checkpoint: {
    /** The file measured, beside this one. */
    checkpoint: z.string(),
    /** The checkpoint's epoch, so that a measurement of an earlier checkpoint is not taken for one of today's. */
    epoch: count.nullable().default(null),
    /** SHA-256 of the checkpoint's file. */
    checkpointSha256: z.string(),
  },
  loss: { split: z.enum(['train', 'test']), batchNorm: z.enum(['running', 'batch']) },
  /** How many images the loss is averaged over, of how many in the whole split, in batches of how many. */
  images: { images: positiveCount, splitImages: positiveCount, batchSize: positiveCount },
  computed: { seconds: z.number().min(0), engine: z.string(), device: z.string() },
};

export const namedIn = ({ path, epoch, sha256 }: MeasuredCheckpoint) => {
  return { checkpoint: basename(path), epoch, checkpointSha256: sha256 };
};

/** Null where there is no record. @throws SmoothOutError CHECKPOINT_INVALID where it is damaged. */
export async function readRecord<T>(path: string, parse: (text: string) => T): Promise<T | null> {
  const text = await readTextIfExists(path);
  try {
    return text === null ? null : parse(text);
  } catch (error) {
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${messageOf(error)}`, {
      hint: 'Move the file away to measure anew.',
    });
  }
}

/**
 * Writes a record anew, as `next` makes it of what is there, while no other process does.
 *
 * @throws what `next` throws; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE, RUN_LOCKED
 */
export async function writeRecord(path: string, next: () => Promise<object>, indent = 2): Promise<void> {
  const lock = await lockRecord(path);
  try {
    await writeFileAtomic(path, `${JSON.stringify(await next(), null, indent)}\n`);
  } finally {
    await lock.release();
  }
}

/**
 * Fails where `writeRecord` would, before hours are spent on a measurement.
 *
 * @throws SmoothOutError OUTPUT_UNWRITABLE, NO_SPACE, RUN_LOCKED
 */
export async function checkWritable(path: string): Promise<void> {
  await (await lockRecord(path)).release();
}

async function lockRecord(path: string): Promise<Lock> {
  try {
    return await waitForLock(path.replace(/\.json$/, '.lock.json'));
  } catch (error) {
    if (!(error instanceof SmoothOutError && error.code === 'OUTPUT_UNWRITABLE')) throw error;
    throw new SmoothOutError('OUTPUT_UNWRITABLE', error.message, {
      hint: 'Measurements are kept beside the checkpoint: copy it and its config.yaml to a folder that you may write to.',
      cause: error,
    });
  }
}
