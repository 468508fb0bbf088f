/** The rows of a curve, computed task by task, and saved on the way for the same command to go on from. */
import type { PartialState } from '../records/partial-state.js';
import { named } from '../support/at.js';

/** A part of a curve that is computed at once: a point, or all points that pass through the images together. */
export interface CurveTask<Row> {
  /** Names it within the curve, to the program and to who watches. */
  readonly key: string;
  readonly rows: (onShare: (share: number) => void) => Promise<Row[]>;
}

interface CurveRowsOptions<Row> {
  readonly tasks: readonly CurveTask<Row>[];
  /** The rows of each task that is done, by its key. */
  readonly partial: PartialState<Record<string, Row[]>>;
  /** Tasks done, with the share of the one under way, whose key is given. */
  readonly onProgress: (done: number, key: string) => void;
  readonly onRows: (rows: readonly Row[]) => void;
}

/**
 * Rows of all tasks, in their order. An error passes through once what is done has been saved.
 *
 * @throws what a task throws; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function computeCurveRows<Row>(options: CurveRowsOptions<Row>): Promise<Row[]> {
  const { tasks, partial, onProgress, onRows } = options;
  const done = (await partial.read()) ?? {};
  try {
    for (const [i, { key, rows }] of tasks.entries()) {
      onProgress(i, key);
      const known = done[key];
      done[key] = known ?? (await rows((share) => onProgress(i + share, key)));
      if (!known) onRows(done[key]);
      await partial.keep(done);
    }
  } catch (error) {
    if (Object.keys(done).length > 0) await partial.write(done);
    throw error;
  }
  return tasks.flatMap(({ key }) => named(done, key));
}
