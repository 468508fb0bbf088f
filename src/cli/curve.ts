/** What sensitivity, interpolate and landscape have in common: points in pieces, three files, a table. */
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import type { TopLevelSpec } from 'vega-lite';
import type { Split } from '../data/split-images.js';
import type { LossAndAccuracyPoint } from '../report/figures/curves.js';
import { groupBy } from '../report/statistics.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { SmoothOutError } from '../support/errors.js';
import { makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { type AnalysisOptions, addAnalysisOptions, splitList } from './options.js';
import { GENERATED_NOTE, print, printJson, textTable } from './output.js';
import { createCurveProgress } from './progress.js';

export interface CurveOptions extends AnalysisOptions {
  readonly split: Split[];
  readonly out: string;
  readonly name?: string;
}

export function addCurveOptions(command: Command): Command {
  command
    .option('--split <list>', 'train, test or both', splitList, ['train', 'test'])
    .option('--out <folder>', 'the results folder: files go to its figures', 'results')
    .option('--name <name>', 'of the files (default: after the checkpoints)');
  return addAnalysisOptions(command, 'only the first n images of each split');
}

/** One piece of work that yields rows. */
export interface Piece<Row> {
  /** Names it within the curve, to the program and to who watches. */
  readonly key: string;
  readonly rows: (onShare: (share: number) => void) => Promise<Row[]>;
}

interface CurveToDraw<Row extends object> {
  readonly kind: string;
  readonly checkpoints: readonly CheckpointFile[];
  /** Beside those that every curve has. */
  readonly settings: object;
  readonly pieces: readonly Piece<Row>[];
  /** What goes into the settings' file beside them. */
  readonly results?: (rows: readonly Row[]) => object;
  readonly csv: (rows: readonly Row[]) => string;
  readonly figure: (rows: readonly Row[]) => TopLevelSpec;
  readonly table: (rows: readonly Row[]) => string;
}

/**
 * Computes a curve, writes it to NAME.csv, NAME.json and NAME.svg in <out>/figures, and prints it.
 *
 * @throws what its pieces throw, with what is done saved; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function drawCurve<Row extends object>(
  { out, name: given, json }: CurveOptions,
  { kind, checkpoints, settings: own, pieces, results, csv, figure, table }: CurveToDraw<Row>,
): Promise<void> {
  const path = join(out, 'figures', curveName(kind, checkpoints, given));
  const settings = { ...commonSettings(kind, checkpoints), ...own };
  const { show, stop } = createCurveProgress(kind, pieces.length);
  const onRows = (rows: readonly Row[]): void => {
    if (json) for (const row of rows) printJson({ event: kind, ...row });
  };
  const rows = await gatherRows({ path, settings, pieces, onProgress: show, onRows }).finally(stop);
  const { renderSvg } = await import('../report/figures/drawing.js');
  const files = {
    csv: csv(rows),
    json: `${JSON.stringify({ ...settings, ...results?.(rows) }, null, 2)}\n`,
    svg: await renderSvg(figure(rows)),
  };
  for (const [ending, contents] of Object.entries(files)) await writeFileAtomic(`${path}.${ending}`, contents);
  await removePartial(path);
  const paths = Object.keys(files).map((ending) => `${path}.${ending}`);
  if (json) return printJson({ event: 'files', paths });
  print(table(rows));
  print();
  if (checkpoints.some(({ spec }) => spec.synthetic)) print(GENERATED_NOTE);
  print(`Written to ${paths.join(', ')}`);
}

/** A row a point, curve by curve; `more` adds columns of text in the order of the points. */
export function lineTable(
  points: readonly LossAndAccuracyPoint[],
  x: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): string {
  const header = ['checkpoint', 'split', x, 'loss', 'accuracy %', ...Object.keys(more)];
  const rows = points.map(({ series, split, x: at, loss, accuracy }, i) => [
    ...[series, split, `${at}`, loss.toPrecision(5), accuracy.toFixed(2)],
    ...Object.values(more).map((column) => column[i]!),
  ]);
  const numbers = header.flatMap((_, i) => (i < 2 ? [] : [i]));
  const curves = groupBy(rows, ([series, split]) => `${series} ${split}`);
  return textTable([header, ...[...curves.values()].flat()], numbers);
}

const LONGEST_NAME = 150;

/** Such as sensitivity-c1-sb-baseline-1-vs-c1-lb-baseline-1, unless the user has a name for it. */
function curveName(kind: string, checkpoints: readonly CheckpointFile[], given: string | undefined): string {
  if (given !== undefined) {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(given) && given.length <= LONGEST_NAME) return given;
    throw new SmoothOutError('USAGE', `--name ${given}: expected at most ${LONGEST_NAME} of A-Z a-z 0-9 . _ -`);
  }
  const labels = checkpoints.map(({ origin, path }) => {
    const label = origin === null ? path : `${origin.experiment}-${origin.method}-${origin.seed}`;
    return label.replace(/\.safetensors$/, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  });
  const name = [kind, labels.join('-vs-')].join('-');
  if (name.length <= LONGEST_NAME) return name;
  throw new SmoothOutError('USAGE', `the ${checkpoints.length} checkpoints make too long a file name`, {
    hint: 'Give the curve one: --name NAME.',
  });
}

/** What NAME.json says of every curve; `checkpoints` and `kind` are what the report reads (report/figures). */
function commonSettings(kind: string, checkpoints: readonly CheckpointFile[]): object {
  const byPath = <T>(of: (checkpoint: CheckpointFile) => T): Record<string, T> =>
    Object.fromEntries(checkpoints.map((one) => [one.path, of(one)]));
  const known = checkpoints.filter(({ origin }) => origin !== null);
  return {
    version: 1,
    kind,
    checkpoints: Object.fromEntries(known.map(({ path, origin }) => [path, origin])),
    epochs: byPath(({ epoch }) => epoch),
    sha256: byPath(({ sha256 }) => sha256),
    models: byPath(({ model }) => model.name),
    datasets: byPath(({ spec }) => `${spec.dataset}${spec.synthetic ? ' (generated)' : ''}`),
    splitImages: byPath(({ splits }) => ({ train: splits.train.count, test: splits.test.count })),
  };
}

interface GatherOptions<Row> {
  /** Of the curve's files, without the ending. */
  readonly path: string;
  /** All that the rows depend on: saved rows of other settings are not used. */
  readonly settings: object;
  readonly pieces: readonly Piece<Row>[];
  /** Pieces done, with the share of the one under way, whose key is given. */
  readonly onProgress: (done: number, key: string) => void;
  readonly onRows: (rows: readonly Row[]) => void;
}

const SAVE_SECONDS = 30;

/**
 * Rows of all pieces, in their order. An error passes through once what is done has been saved in `.NAME.partial.json`:
 * that is where the same command goes on.
 *
 * @throws what a piece throws; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function gatherRows<Row>(options: GatherOptions<Row>): Promise<Row[]> {
  const { path, settings, pieces, onProgress, onRows } = options;
  const partial = partialPath(path);
  await makeFolder(dirname(path));
  const done = await readPartial<Row>(partial, settings);
  const save = () => writeFileAtomic(partial, JSON.stringify({ settings, pieces: done }, asText));
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
export async function removePartial(path: string): Promise<void> {
  await rm(partialPath(path), { force: true });
}

function partialPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.partial.json`);
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
