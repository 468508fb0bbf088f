/**
 * The CSV files of `smoothout sensitivity`, `interpolate` and `landscape` in results/figures/, written and read: one line
 * for each point of a curve and each split. Beside NAME.csv stands NAME.json with the settings that made it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { type Problem, reasonOf } from '../report/runs.js';
import { readTextIfExists } from '../support/files.js';

const CURVE_COLUMNS = {
  sensitivity: ['a', 'split', 'loss', 'accuracy', 'draws', 'checkpoint'],
  interpolate: ['alpha', 'split', 'loss', 'accuracy', 'from', 'to', 'statistics'],
  landscape: ['alpha', 'split', 'loss', 'accuracy', 'direction', 'checkpoint'],
} as const;

export type CurveKind = keyof typeof CURVE_COLUMNS;
const CURVE_KINDS = Object.keys(CURVE_COLUMNS) as CurveKind[];

/** A line of such a file, column by column. Loss: cross-entropy; accuracy: percent. */
export type CurveRow<Kind extends CurveKind> = Record<(typeof CURVE_COLUMNS)[Kind][number], string | number>;

/** The text of the CSV file. */
export function curveCsv<Kind extends CurveKind>(kind: Kind, rows: readonly CurveRow<Kind>[]): string {
  return stringify(rows as readonly Record<string, string | number>[] as Record<string, string | number>[], {
    header: true,
    columns: [...CURVE_COLUMNS[kind]],
  });
}

/** Which run a checkpoint named in the CSV belongs to. */
const origin = z.object({ experiment: z.string(), method: z.string(), seed: z.int() });
export type Origin = z.output<typeof origin>;

/** NAME.json. More keys than these are welcome. */
const curveSettings = z.looseObject({
  version: z.literal(1),
  kind: z.enum(CURVE_KINDS),
  /** By the checkpoint's name in the CSV. Without it the run is read off the path, …/EXPERIMENT/METHOD/seed-N/FILE. */
  checkpoints: z.record(z.string(), origin).optional(),
});

export interface CurvePoint {
  readonly x: number;
  readonly split: 'train' | 'test';
  readonly loss: number;
  readonly accuracy: number;
  /** The checkpoint; of an interpolation the one at α = 0, then the one at α = 1. */
  readonly checkpoints: readonly string[];
  /** Sensitivity: draws; interpolate: statistics; landscape: direction. */
  readonly detail: string;
}

export interface Curve {
  readonly kind: CurveKind;
  readonly points: readonly CurvePoint[];
}

/** "inf" and "nan" as Python writes them, "Infinity" and "NaN" as JavaScript does, or a number; anything else is an error. */
function numberOf(text: string, column: string, line: number): number {
  const number = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
  if (text.trim() === '' || (Number.isNaN(number) && !/^nan$/i.test(text))) {
    throw new Error(`line ${line}: ${column} is "${text}", not a number`);
  }
  return number;
}

/**
 * Reads the text of such a file; null where the header is that of another kind of file.
 *
 * @throws Error with a one-line reason naming the line.
 */
export function parseCurveCsv(text: string): Curve | null {
  const [header = [], ...lines] = parseCsv(text);
  const kind = CURVE_KINDS.find((candidate) => CURVE_COLUMNS[candidate].join() === header.join());
  if (kind === undefined) return null;
  const points = lines.map((fields, index): CurvePoint => {
    const line = index + 2;
    if (fields.length !== header.length) {
      throw new Error(`line ${line}: ${fields.length} fields where the header has ${header.length}`);
    }
    const field = Object.fromEntries(header.map((name, column) => [name, fields[column]!]));
    const { split } = field;
    if (split !== 'train' && split !== 'test') throw new Error(`line ${line}: split is "${split}", not train or test`);
    return {
      x: numberOf(fields[0]!, header[0]!, line),
      split,
      loss: numberOf(field.loss!, 'loss', line),
      accuracy: numberOf(field.accuracy!, 'accuracy', line),
      checkpoints: kind === 'interpolate' ? [field.from!, field.to!] : [field.checkpoint!],
      detail: (field.draws ?? field.statistics ?? field.direction)!,
    };
  });
  return { kind, points };
}

/** The run that a checkpoint's path names, or null for a file elsewhere. */
export function originOfPath(path: string): Origin | null {
  const match = /([^/\\]+)[/\\]([^/\\]+)[/\\]seed-(\d+)[/\\][^/\\]+$/.exec(path);
  return match === null ? null : { experiment: match[1]!, method: match[2]!, seed: Number(match[3]) };
}

/**
 * Splits CSV text (RFC 4180: quoted fields, doubled quotes, line breaks within quotes) into records of fields. A final
 * line break ends the last record; empty lines are no records.
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  // A field with its separator: quoted, or free of quotes, commas and line breaks.
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;
  while (field.lastIndex < text.length) {
    const line = records.length + 1;
    const match = field.exec(text);
    if (match === null) throw new Error(`record ${line}: a quote out of place`);
    const [, value, separator] = match as unknown as [string, string, string];
    record.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (separator === ',') {
      if (field.lastIndex === text.length) record.push('');
      else continue;
    }
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}

/** A CSV file of curves, with the runs that its checkpoints belong to. */
export interface CurveFile extends Curve {
  /** The file's name without `.csv`. */
  readonly name: string;
  /** The run behind a checkpoint's name, as far as it is known. */
  readonly originOf: (checkpoint: string) => Origin | null;
}

export interface Curves {
  /** By name. */
  readonly files: readonly CurveFile[];
  readonly problems: readonly Problem[];
}

/** Reads the curves among the CSV files of a folder; other files there are passed over. No folder is no curves. */
export async function loadCurves(folder: string): Promise<Curves> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.csv')).sort();
  const files: CurveFile[] = [];
  const problems: Problem[] = [];
  for (const file of names) {
    const name = file.slice(0, -'.csv'.length);
    try {
      const curve = parseCurveCsv(await readFile(join(folder, file), 'utf8'));
      if (curve === null || curve.points.length === 0) continue;
      const origins = await readOrigins(join(folder, `${name}.json`), curve);
      files.push({ ...curve, name, originOf: (checkpoint) => origins.get(checkpoint) ?? originOfPath(checkpoint) });
    } catch (error) {
      problems.push({ where: `figures/${file}`, what: `${reasonOf(error)}; the figure is left out` });
    }
  }
  return { files, problems };
}

/** @throws Error: the settings are there and are not those of this curve. */
async function readOrigins(path: string, curve: Curve): Promise<ReadonlyMap<string, Origin>> {
  const text = await readTextIfExists(path);
  if (text === null) return new Map();
  const parsed = curveSettings.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`its settings (.json): ${issue.path.join('.') || 'the file'}: ${issue.message}`);
  }
  if (parsed.data.kind !== curve.kind)
    throw new Error(`its settings (.json) are of ${parsed.data.kind}, not ${curve.kind}`);
  return new Map(Object.entries(parsed.data.checkpoints ?? {}));
}
