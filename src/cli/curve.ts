/** What sensitivity, interpolate, barrier and landscape have in common: their options, three files, a table. */
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { TopLevelSpec } from 'vega-lite';
import type { CurveTask } from '../analysis/curve-rows.js';
import type { Split } from '../data/source.js';
import type { CurveRow, Kind } from '../records/curve-record.js';
import type { LossAndAccuracyPoint } from '../report/figures/curves.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import { groupBy } from '../support/statistics.js';
import { type AnalysisOptions, addAnalysisOptions, splitList } from './options.js';
import { GENERATED_NOTE, print, printJson, textTable } from './output.js';
import { createMeasuringProgress } from './progress.js';
import { checkpointLabels, inSession, type NamedCheckpoint, openCheckpoints } from './session.js';

export interface CurveOptions extends AnalysisOptions {
  readonly split: Split[];
  readonly out: string;
  readonly name?: string;
}

export function addCurveOptions(command: Command): Command {
  command
    .option('--split <list>', 'train, test or both', splitList, ['train', 'test'])
    .option('--out <folder>', 'the results folder: files go to its figures', 'results')
    .option('--name <name>', 'of the files (default: after the checkpoints and settings)', curveFileName);
  return addAnalysisOptions(command, 'only the first n images of each split');
}

/** A setting in a file's name; false where it is as usual. */
type Mark = string | false;

interface CurveToDraw<K extends Kind, Row> {
  readonly kind: K;
  /** Beside those that every curve has. */
  readonly settings: object;
  /** In the default name, what it is of: the checkpoints unless given. */
  readonly of?: string;
  /** Of its settings, what goes into the default name. */
  readonly marks?: readonly Mark[];
  readonly tasks: readonly CurveTask<Row>[];
  /** What goes into the settings' file beside them. */
  readonly results?: (rows: readonly Row[]) => object;
  readonly figure: (rows: readonly Row[]) => TopLevelSpec;
  readonly table: (rows: readonly Row[]) => string;
  /** Frees what the tasks compute with. */
  readonly dispose?: () => Promise<void>;
}

/**
 * Computes a curve of checkpoints, writes it to NAME.csv, NAME.json and NAME.svg in <out>/figures, and prints it.
 *
 * @param curveOf is given the checkpoints with what they are called in tables and figures.
 * @throws what its tasks throw, with what is done saved; SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function drawCurve<K extends Kind, Row extends CurveRow<K>>(
  options: CurveOptions,
  paths: readonly string[],
  curveOf: (
    session: Session,
    checkpoints: readonly CheckpointFile[],
    labelOf: (path: string) => string,
  ) => Promise<CurveToDraw<K, Row>>,
): Promise<void> {
  await inSession(options, async (session) => {
    const checkpoints = await openCheckpoints(session, paths, options.config);
    const curve = await curveOf(session, checkpoints, checkpointLabels(checkpoints));
    await computeAndWrite(options, checkpoints, curve).finally(curve.dispose);
  });
}

const SAVE_SECONDS = 30;

async function computeAndWrite<K extends Kind, Row extends CurveRow<K>>(
  options: CurveOptions,
  checkpoints: readonly CheckpointFile[],
  curve: CurveToDraw<K, Row>,
): Promise<void> {
  const { kind, of = checkpoints.map(checkpointFileLabel).join('-vs-'), marks = [], tasks } = curve;
  const { out, json, name = curveName(kind, of, options, marks) } = options;
  const path = join(out, 'figures', name);
  const settings = { kind, ...settingsOfAll(checkpoints), ...curve.settings };
  const progress = createMeasuringProgress();
  const { start, step } = progress.follow();
  start(kind);
  const onProgress = (points: number, point: string): void => {
    const done = points / tasks.length;
    step({ doing: `${Math.floor(100 * done)}%, ${point}`, done, best: null });
  };
  const onRows = (rows: readonly Row[]): void => {
    if (json) for (const row of rows) printJson({ event: kind, ...row });
  };
  const { computeCurveRows } = await import('../analysis/curve-rows.js');
  const { curveCsv, curveJson } = await import('../records/curve-record.js');
  const { partialState } = await import('../records/partial-state.js');
  await makeFolder(dirname(path));
  const partial = partialState<Record<string, Row[]>>(join(out, 'figures', `.${name}.partial`), settings, SAVE_SECONDS);
  const rows = await computeCurveRows({ tasks, partial, onProgress, onRows }).finally(progress.stop);
  const { renderSvg } = await import('../report/figures/drawing.js');
  const paths = await writeFiles(path, {
    csv: curveCsv(kind, rows),
    json: curveJson({ ...settings, ...curve.results?.(rows) }),
    svg: await renderSvg(curve.figure(rows)),
  });
  await partial.remove();
  if (json) return printJson({ event: 'files', paths });
  print(curve.table(rows));
  print();
  if (checkpoints.some(({ spec }) => spec.synthetic)) print(GENERATED_NOTE);
  print(`Written to ${paths.join(', ')}`);
}

/** Writes a file for each ending, and returns their paths. */
export async function writeFiles(path: string, texts: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [ending, text] of Object.entries(texts)) await writeFileAtomic(`${path}.${ending}`, text);
  return Object.keys(texts).map((ending) => `${path}.${ending}`);
}

/** A row a point, curve by curve; `more` adds columns of text in the order of the points. */
export function lineTable(
  points: readonly LossAndAccuracyPoint[],
  x: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): string {
  const header = ['checkpoint', 'split', x, 'loss', 'accuracy %', ...Object.keys(more)];
  const rows = points.map(({ series, split, x: place, loss, accuracy }, i) => [
    ...[series, split, `${place}`, loss.toPrecision(5), accuracy.toFixed(2)],
    ...Object.values(more).map((column) => at(column, i)),
  ]);
  const numbers = header.flatMap((_, i) => (i < 2 ? [] : [i]));
  const curves = groupBy(rows, ([series, split]) => `${series} ${split}`);
  return textTable([header, ...[...curves.values()].flat()], numbers);
}

const LONGEST_NAME = 150;

export function curveFileName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && text.length <= LONGEST_NAME) return text;
  throw new SmoothOutError('USAGE', `--name ${text}: expected at most ${LONGEST_NAME} of A-Z a-z 0-9 . _ -`);
}

export const joined = (marks: readonly Mark[]): string => marks.filter((mark) => mark !== false).join('-');

export function imageMarks({ images, seed }: AnalysisOptions): Mark[] {
  return [images !== undefined && `${images}-images`, seed !== 1 && `seed-${seed}`];
}

/**
 * Such as sensitivity-c1-sb-baseline-1-vs-c1-lb-baseline-1-last-test. It has what sets a curve apart from others of its kind
 * and checkpoints. Its grid does not: a new grid replaces the curve.
 */
function curveName(kind: string, of: string, options: CurveOptions, marks: readonly Mark[]): string {
  const { split } = options;
  const name = joined([kind, of, split.length === 1 && split.join(), ...imageMarks(options), ...marks]);
  if (name.length <= LONGEST_NAME) return name;
  const what = `${name.slice(0, LONGEST_NAME)}…: ${name.length} characters are too many for a file’s name`;
  throw new SmoothOutError('USAGE', what, { hint: 'Give the curve one: --name NAME.' });
}

/** Names a checkpoint within a file's name. */
export function checkpointFileLabel({ run, path }: NamedCheckpoint): string {
  const file = basename(path, '.safetensors');
  const of = run === null ? dirname(path) : `${run.experiment}-${run.method}-${run.seed}`;
  const label = run !== null && file === 'best' ? of : `${of}-${file}`;
  return label.replace(/[^A-Za-z0-9._-]+/g, '-');
}

/** What NAME.json says of the checkpoints of every curve. */
function settingsOfAll(checkpoints: readonly CheckpointFile[]) {
  const byPath = <T>(of: (checkpoint: CheckpointFile) => T): Record<string, T> =>
    Object.fromEntries(checkpoints.map((one) => [one.path, of(one)]));
  const known = checkpoints.filter(({ run }) => run !== null);
  return {
    checkpoints: Object.fromEntries(known.map(({ path, run }) => [path, run])),
    epochs: byPath(({ epoch }) => epoch),
    sha256: byPath(({ sha256 }) => sha256),
    models: byPath(({ model }) => model.name),
    datasets: byPath(({ spec }) => `${spec.dataset}${spec.synthetic ? ' (generated)' : ''}`),
    splitImages: byPath(({ splits }) => ({ train: splits.train.count, test: splits.test.count })),
  };
}
