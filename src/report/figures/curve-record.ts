/**
 * The CSV files of `smoothout sensitivity`, `interpolate` and `landscape` in results/figures/: one line for each point of
 * a curve and each split. Beside NAME.csv stands NAME.json with the settings that made it.
 */
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { parseCsv } from '../csv.js';

export const CURVE_COLUMNS = {
  sensitivity: ['a', 'split', 'loss', 'accuracy', 'draws', 'checkpoint'],
  interpolate: ['alpha', 'split', 'loss', 'accuracy', 'from', 'to', 'statistics'],
  landscape: ['alpha', 'split', 'loss', 'accuracy', 'direction', 'checkpoint'],
} as const;

export type CurveKind = keyof typeof CURVE_COLUMNS;

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

/** NAME.json. More keys than these are welcome: the page shows them as they are. */
export const curveSettings = z.looseObject({
  version: z.literal(1),
  kind: z.enum(Object.keys(CURVE_COLUMNS) as [CurveKind, ...CurveKind[]]),
  /** By the checkpoint's name in the CSV. Without it the run is read off the path, …/EXPERIMENT/METHOD/seed-N/FILE. */
  checkpoints: z.record(z.string(), origin).optional(),
});
export type CurveSettings = z.output<typeof curveSettings>;

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

function kindOf(header: readonly string[]): CurveKind | null {
  const kinds = Object.keys(CURVE_COLUMNS) as CurveKind[];
  return kinds.find((kind) => CURVE_COLUMNS[kind].join() === header.join()) ?? null;
}

/**
 * Reads the text of such a file; null where the header is that of another kind of file.
 *
 * @throws Error with a one-line reason naming the line.
 */
export function parseCurveCsv(text: string): Curve | null {
  const [header = [], ...lines] = parseCsv(text);
  const kind = kindOf(header);
  if (kind === null) return null;
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
