/** The rows of a curve's CSV, gathered piece by piece: what an interruption leaves is where the same command goes on. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';

/** One piece of work that yields rows. */
export interface Piece<Row> {
  /** Names it within the curve, to the program and to who watches. */
  readonly key: string;
  readonly rows: (onShare: (share: number) => void) => Promise<Row[]>;
}

export interface GatherOptions<Row> {
  /** Where the CSV will be, and its name without the ending. */
  readonly folder: string;
  readonly name: string;
  /** All that the rows depend on: saved rows of other settings are not used. */
  readonly settings: object;
  readonly pieces: readonly Piece<Row>[];
  /** Pieces done, with the share of the one under way, whose key is given. */
  readonly onProgress: (done: number, key: string) => void;
  readonly onRows: (rows: readonly Row[]) => void;
}

const SAVE_SECONDS = 30;

/**
 * Rows of all pieces, in their order. An error passes through once what is done has been saved in `.NAME.partial.json`.
 *
 * @throws what a piece throws; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE.
 */
export async function gatherRows<Row>(options: GatherOptions<Row>): Promise<Row[]> {
  const { folder, name, settings, pieces, onProgress, onRows } = options;
  const path = partialPath(folder, name);
  await makeFolder(folder);
  const done = await readPartial<Row>(path, settings);
  const save = () => writeFileAtomic(path, JSON.stringify({ settings, pieces: done }, asText));
  let savedAt = performance.now();
  try {
    for (const [i, { key, rows }] of pieces.entries()) {
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
  return pieces.flatMap(({ key }) => done[key]!);
}

/** To be called once the rows are safely in the CSV. */
export async function removePartial(folder: string, name: string): Promise<void> {
  await rm(partialPath(folder, name), { force: true });
}

function partialPath(folder: string, name: string): string {
  return join(folder, `.${name}.partial.json`);
}

async function readPartial<Row>(path: string, settings: object): Promise<Record<string, Row[]>> {
  const text = await readTextIfExists(path);
  try {
    const saved = JSON.parse(text ?? '{}', asNumber) as { settings?: object; pieces?: Record<string, Row[]> };
    const expected: unknown = JSON.parse(JSON.stringify(settings, asText), asNumber);
    return isDeepStrictEqual(saved.settings, expected) ? saved.pieces! : {};
  } catch {
    // Damaged: computed anew.
    return {};
  }
}

/** JSON has no word for a loss that overflowed. */
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

function asText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function asNumber(_: string, value: unknown): unknown {
  return typeof value === 'string' && NOT_FINITE.includes(value) ? Number(value) : value;
}
