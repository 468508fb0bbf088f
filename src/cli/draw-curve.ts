/** What sensitivity, interpolate and landscape have in common: points in pieces, three files, a table. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { TopLevelSpec } from 'vega-lite';
import type { Laboratory, Split, Subject } from '../sharpness/laboratory.js';
import { type AnalysisOptions, addAnalysisOptions, splitList } from './analysis-options.js';
import { commonSettings, curveName, writeCurveFiles } from './curve-files.js';
import { createCurveProgress } from './curve-progress.js';
import { gatherRows, type Piece, removePartial } from './curve-rows.js';
import { print, printJson } from './output.js';

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
  return addAnalysisOptions(command, { images: 'only the first n images of each split' });
}

export interface CurveToDraw<Row extends object> {
  readonly kind: string;
  readonly subjects: readonly Subject[];
  /** Beside those that every curve has. */
  readonly settings: object;
  readonly pieces: readonly Piece<Row>[];
  /** What goes into the settings' file beside them. */
  readonly results?: (rows: readonly Row[]) => object;
  readonly csv: (rows: readonly Row[]) => string;
  readonly figure: (rows: readonly Row[]) => TopLevelSpec;
  readonly table: (rows: readonly Row[]) => string;
}

/** Computes, writes and prints a curve. @throws what its pieces throw, with what is done saved. */
export async function drawCurve<Row extends object>(
  { out, name: given, json }: CurveOptions,
  { kind, subjects, settings: own, pieces, results, csv, figure, table }: CurveToDraw<Row>,
): Promise<void> {
  const name = curveName(kind, subjects, given);
  const folder = join(out, 'figures');
  const settings = { ...commonSettings(kind, subjects), ...own };
  const progress = createCurveProgress(kind, pieces.length);
  const onRows = (rows: readonly Row[]): void => {
    if (json) for (const row of rows) printJson({ event: kind, ...row });
  };
  const { show, stop } = progress;
  const rows = await gatherRows({ folder, name, settings, pieces, onProgress: show, onRows }).finally(stop);
  const files = { csv: csv(rows), settings: { ...settings, ...results?.(rows) }, figure: figure(rows) };
  const paths = await writeCurveFiles(folder, name, files);
  await removePartial(folder, name);
  if (json) return printJson({ event: 'files', paths });
  print(table(rows));
  print();
  if (subjects.some(({ file }) => file.spec.synthetic))
    print('On generated data: nothing here compares with the paper.');
  print(`Written to ${paths.join(', ')}`);
}

/** Opens checkpoints one after another; the first that cannot be ends the command. */
export async function openSubjects(laboratory: Laboratory, paths: readonly string[]): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const path of paths) subjects.push(await laboratory.open(path));
  return subjects;
}
