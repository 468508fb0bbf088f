/** `.NAME.partial.json`: the rows of a curve that are computed so far, so that the same command goes on from there. */
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readTextIfExists, writeFileAtomic } from '../support/files.js';

/** Rows by the key of the task that they are from. */
type PartialRows<Row> = Record<string, Row[]>;

const partialCurve = z.object({ settings: z.unknown(), rows: z.record(z.string(), z.array(z.unknown())) });

/** @param path of the curve's files, without the ending. */
function partialPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.partial.json`);
}

/** The rows that were saved under exactly these settings; none where the file is missing or damaged. */
export async function readPartialCurve<Row>(path: string, settings: object): Promise<PartialRows<Row>> {
  const text = await readTextIfExists(partialPath(path));
  try {
    const saved = partialCurve.parse(JSON.parse(text ?? '', asNumber));
    const expected: unknown = JSON.parse(JSON.stringify(settings, asText), asNumber);
    // Equal settings, which name the kind of curve, have been saved with rows of the same form.
    return isDeepStrictEqual(saved.settings, expected) ? (saved.rows as PartialRows<Row>) : {};
  } catch {
    return {};
  }
}

/** @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function writePartialCurve(path: string, settings: object, rows: PartialRows<unknown>): Promise<void> {
  await writeFileAtomic(partialPath(path), JSON.stringify({ settings, rows }, asText));
}

/** To be called once the rows are safely in NAME.csv. */
export async function removePartialCurve(path: string): Promise<void> {
  await rm(partialPath(path), { force: true });
}

/** JSON has no word for a loss that overflowed. */
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

function asText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function asNumber(_: string, value: unknown): unknown {
  return typeof value === 'string' && NOT_FINITE.includes(value) ? Number(value) : value;
}
