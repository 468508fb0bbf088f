/** The rows of a curve, computed task by task, and saved on the way for the same command to go on from. */
import { dirname } from 'node:path';
import { readPartialCurve, writePartialCurve } from '../records/partial-curve.js';
import { named } from '../support/at.js';
import { makeFolder } from '../support/files.js';

/** A part of a curve that is computed at once: a point, or all points that pass through the images together. */
export interface CurveTask<Row> {
  /** Names it within the curve, to the program and to who watches. */
  readonly key: string;
  readonly rows: (onShare: (share: number) => void) => Promise<Row[]>;
}

interface CurveRowsOptions<Row> {
  /** Of the curve's files, without the ending. */
  readonly path: string;
  /** All that the rows depend on: saved rows of other settings are not used. */
  readonly settings: object;
  readonly tasks: readonly CurveTask<Row>[];
  /** Tasks done, with the share of the one under way, whose key is given. */
  readonly onProgress: (done: number, key: string) => void;
  readonly onRows: (rows: readonly Row[]) => void;
}

const SAVE_SECONDS = 30;

/**
 * Rows of all tasks, in their order. An error passes through once what is done has been saved.
 *
 * @throws what a task throws; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function computeCurveRows<Row>(options: CurveRowsOptions<Row>): Promise<Row[]> {
  const { path, settings, tasks, onProgress, onRows } = options;
  await makeFolder(dirname(path));
  const done = await readPartialCurve<Row>(path, settings);
  const save = () => writePartialCurve(path, settings, done);
  let savedAt = performance.now();
  try {
    for (const [i, { key, rows }] of tasks.entries()) {
      onProgress(i, key);
      const known = done[key];
      done[key] = known ?? (await rows((share) => onProgress(i + share, key)));
      if (!known) onRows(done[key]);
      if (performance.now() - savedAt < 1000 * SAVE_SECONDS) continue;
      await save();
      savedAt = performance.now();
    }
  } catch (error) {
    if (Object.keys(done).length > 0) await save();
    throw error;
  }
  return tasks.flatMap(({ key }) => named(done, key));
}
