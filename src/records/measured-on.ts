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

/** Lists of measurements, by the names that they have in the file. */
type Lists<L> = { readonly [K in keyof L]: readonly unknown[] };

interface MeasurementFile<L extends Lists<L>, Whole> {
  readonly version: number;
  /** @throws Error with a one-line reason where the text is no such record */
  readonly parse: (text: string) => Whole;
  /** Of each list, whether a measurement takes an earlier one's place. */
  readonly replaces: { readonly [K in keyof L]: (earlier: L[K][number], added: L[K][number]) => boolean };
  /** Of the JSON. */
  readonly indent?: number;
}

type Named = Readonly<Record<'checkpoint' | 'checkpointSha256', string>>;

/** How measurements of one kind are kept in a file beside their checkpoint. */
export function measurementFile<L extends Lists<L>, Whole extends L & Named>(file: MeasurementFile<L, Whole>) {
  const { version, parse, replaces, indent = 2 } = file;
  const names = Object.keys(replaces) as (keyof L)[];
  const listsOf = (list: (name: keyof L) => readonly unknown[]) =>
    Object.fromEntries(names.map((name) => [name, list(name)])) as L;

  /** Null where there is none. @throws SmoothOutError CHECKPOINT_INVALID where the file is damaged. */
  async function read(path: string): Promise<Whole | null> {
    const text = await readTextIfExists(path);
    try {
      return text === null ? null : parse(text);
    } catch (error) {
      throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${messageOf(error)}`, {
        hint: 'Move the file away to measure anew.',
      });
    }
  }

  /** What has been measured of exactly this checkpoint; none of it where its file has changed since. @throws as `read` */
  async function readOf(path: string, { path: checkpoint, sha256 }: MeasuredCheckpoint): Promise<L> {
    const record = await read(path);
    const isSame = record?.checkpoint === basename(checkpoint) && record.checkpointSha256 === sha256;
    return isSame ? record : listsOf(() => []);
  }

  /**
   * Adds a measurement in place of those that it replaces, to what other processes may have added since.
   *
   * @throws SmoothOutError CHECKPOINT_INVALID, NO_SPACE, OUTPUT_UNWRITABLE, RUN_LOCKED
   */
  async function add<K extends keyof L>(
    path: string,
    checkpoint: MeasuredCheckpoint,
    list: K,
    added: L[K][number],
  ): Promise<void> {
    const lock = await lockRecord(path);
    try {
      const before = await readOf(path, checkpoint);
      const kept = before[list].filter((earlier) => !replaces[list](earlier, added));
      const lists = listsOf((name) => (name === list ? [...kept, added] : before[name]));
      const { epoch, sha256: checkpointSha256 } = checkpoint;
      const record = { version, checkpoint: basename(checkpoint.path), epoch, checkpointSha256, ...lists };
      await writeFileAtomic(path, `${JSON.stringify(record, null, indent)}\n`);
    } finally {
      await lock.release();
    }
  }

  /** What was measured before, and how more is kept, of one list. */
  const list = <K extends keyof L>(name: K) => ({
    measuredBefore: async (path: string, checkpoint: MeasuredCheckpoint): Promise<L[K]> =>
      (await readOf(path, checkpoint))[name],
    keep: (path: string, checkpoint: MeasuredCheckpoint, added: L[K][number]) => add(path, checkpoint, name, added),
  });

  return { read, readOf, add, list };
}

/**
 * Fails where adding a measurement would, before hours are spent on it.
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
