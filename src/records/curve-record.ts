/**
 * NAME.csv and NAME.json of `smoothout sensitivity`, `interpolate`, `barrier` and `landscape` in results/figures/: a line for each
 * point of a curve and each split, and the settings that made them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { at, named } from '../support/at.js';
import { parseJson, readTextIfExists } from '../support/files.js';
import { type RunName, runNameSchema, runOfPath } from './run-folder.js';
import { parseVersioned } from './versioned.js';

const CURVE_VERSION = 1;

const CURVE_COLUMNS = {
  sensitivity: ['a', 'split', 'loss', 'accuracy', 'draws', 'checkpoint'],
  interpolate: ['alpha', 'split', 'loss', 'accuracy', 'from', 'to', 'statistics'],
  landscape: ['alpha', 'split', 'loss', 'accuracy', 'direction', 'checkpoint'],
} as const;
/** A landscape over two directions and the lines of many pairs are no curves: they are written like one, and not read again. */
const COLUMNS = {
  ...CURVE_COLUMNS,
  barrier: ['from', 'to', 'statistics', 'split', 'alpha', 'loss', 'accuracy'],
  plane: ['alpha', 'beta', 'split', 'loss', 'accuracy', 'direction', 'checkpoint'],
} as const;

export type CurveKind = keyof typeof CURVE_COLUMNS;
const CURVE_KINDS = Object.keys(CURVE_COLUMNS) as CurveKind[];
export type Kind = keyof typeof COLUMNS;

/** A line of such a file, column by column. Loss: cross-entropy; accuracy: percent. */
export type CurveRow<K extends Kind> = K extends Kind
  ? Readonly<Record<(typeof COLUMNS)[K][number], string | number>>
  : never;

/** The text of NAME.csv. */
export function curveCsv<K extends Kind>(kind: K, rows: readonly CurveRow<K>[]): string {
  return stringify([...rows], { header: true, columns: [...COLUMNS[kind]] });
}

/** What the report needs of NAME.json. More keys than these are welcome. */
const curveSettings = z.looseObject({
  version: z.literal(CURVE_VERSION),
  kind: z.enum(Object.keys(COLUMNS) as Kind[]),
  /** By the checkpoint's name in the CSV. Without it the run is read off the path, …/EXPERIMENT/METHOD/seed-N/FILE. */
  checkpoints: z.record(z.string(), runNameSchema).optional(),
});

/** The text of NAME.json. */
export function curveJson(settings: Omit<z.input<typeof curveSettings>, 'version'>): string {
  return `${JSON.stringify({ version: CURVE_VERSION, ...settings }, null, 2)}\n`;
}

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

interface Curve {
  readonly kind: CurveKind;
  readonly points: readonly CurvePoint[];
}

/** A curve with the runs that its checkpoints belong to. */
export interface CurveFile extends Curve {
  /** The files' name without its ending. */
  readonly name: string;
  /** The run behind a checkpoint's name, as far as it is known. */
  readonly runOf: (checkpoint: string) => RunName | null;
}

/**
 * Reads NAME.csv of a folder, with NAME.json where it is there; null for a CSV file of another kind.
 *
 * @throws Error with a one-line reason: a broken line, or settings that are not those of this curve.
 */
export async function readCurve(folder: string, name: string): Promise<CurveFile | null> {
  const curve = parseCurveCsv(await readFile(join(folder, `${name}.csv`), 'utf8'));
  const text = await readTextIfExists(join(folder, `${name}.json`));
  if (curve === null) {
    const said = text === null ? undefined : curveSettings.safeParse(parseJson(text)).data?.kind;
    const kind = CURVE_KINDS.find((each) => each === said);
    if (kind === undefined) return null;
    throw new Error(`its columns are not those of its settings (.json), ${CURVE_COLUMNS[kind].join()}`);
  }
  if (text === null) return { ...curve, name, runOf: runOfPath };
  const { kind, checkpoints = {} } = parseSettings(text);
  if (kind !== curve.kind) throw new Error(`its settings (.json) are of ${kind}, not ${curve.kind}`);
  const runs = new Map(Object.entries(checkpoints));
  return { ...curve, name, runOf: (checkpoint) => runs.get(checkpoint) ?? runOfPath(checkpoint) };
}

/** @throws Error with a one-line reason. */
function parseSettings(text: string): z.output<typeof curveSettings> {
  try {
    return parseVersioned(JSON.parse(text), curveSettings, CURVE_VERSION);
  } catch (error) {
    throw new Error(`its settings (.json): ${(error as Error).message}`);
  }
}

/**
 * Reads the text of NAME.csv, as it was written or as a spreadsheet saves it again: with a byte order mark, with semicolons
 * or tabs, and then with decimal commas. Null where the header is that of another kind of file.
 *
 * @throws Error with a one-line reason naming the line.
 */
export function parseCurveCsv(text: string): Curve | null {
  const separator = /^[^\n]*?([;\t,])/.exec(text)?.[1] ?? ',';
  const lineOf: number[] = [];
  const [header = [], ...rows] = parse(text, {
    ...{ bom: true, delimiter: separator, skip_empty_lines: true, relax_column_count: true },
    on_record(fields: string[], { lines }) {
      lineOf.push(lines);
      return fields;
    },
  });
  const kind = CURVE_KINDS.find((candidate) => CURVE_COLUMNS[candidate].join() === header.join());
  if (kind === undefined) return null;
  const points = rows.map((fields, index): CurvePoint => {
    const line = at(lineOf, index + 1);
    if (fields.length !== header.length) {
      throw new Error(`line ${line}: ${fields.length} fields where the header has ${header.length}`);
    }
    const field = Object.fromEntries(header.map((name, column) => [name, at(fields, column)]));
    const number = (name: string) => {
      const value = named(field, name);
      return numberOf(separator === ',' ? value : value.replace(',', '.'), name, line);
    };
    const { split } = field;
    if (split !== 'train' && split !== 'test') throw new Error(`line ${line}: split is "${split}", not train or test`);
    return {
      x: number(at(header, 0)),
      split,
      loss: number('loss'),
      accuracy: number('accuracy'),
      checkpoints: kind === 'interpolate' ? [field.from!, field.to!] : [field.checkpoint!],
      detail: (field.draws ?? field.statistics ?? field.direction)!,
    };
  });
  return { kind, points };
}

/** "inf" and "nan" as Python writes them, "Infinity" and "NaN" as JavaScript does, or a number; anything else is an error. */
function numberOf(text: string, column: string, line: number): number {
  const number = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
  if (text.trim() === '' || (Number.isNaN(number) && !/^nan$/i.test(text))) {
    throw new Error(`line ${line}: ${column} is "${text}", not a number`);
  }
  return number;
}
