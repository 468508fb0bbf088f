/** Folders of results: read, sorted into the paper's tables, and put side by side. */
import { basename, dirname, join } from 'node:path';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';
import { runPathsIn } from '../records/run-folder.js';
import { CONVENTION_NAMES } from '../records/sharpness-conventions.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, isFolder } from '../support/files.js';
import { type Difference, difference, groupBy } from '../support/statistics.js';
import { type BeyondRow, beyondRows } from './beyond.js';
import { type CorrelationRow, correlationRows } from './correlations.js';
import { type CurvatureRow, curvatureRows } from './curvatures.js';
import { type Curves, loadCurves } from './curves.js';
import { accuracies, assignCells, type Cells, type Epoch, type Group, groupRuns } from './groups.js';
import {
  PAPER_METHODS,
  PAPER_ROWS,
  type PaperMethod,
  type PaperResult,
  type PaperRow,
  paperRow,
  TABLE2_ROWS,
  TABLE3_ROWS,
} from './paper.js';
import { loadRuns, measurementOf, type Problem, type Run } from './runs.js';
import { differingSettings } from './settings-difference.js';
import { type Verdict, verdicts } from './verdicts.js';

/** A folder of results, read and sorted into the paper's tables. */
export interface Results {
  readonly runs: readonly Run[];
  readonly unfinished: readonly Run[];
  readonly groups: readonly Group[];
  readonly cells: Cells;
  readonly tables: Tables;
  readonly beyond: readonly BeyondRow[];
  readonly verdicts: readonly Verdict[];
  readonly correlations: readonly CorrelationRow[];
  readonly curvature: readonly CurvatureRow[];
  readonly curves: Curves;
  readonly problems: readonly Problem[];
}

/** Where the runs are, and the folder of results that they are part of. */
export interface ResultsPaths {
  readonly runs: string;
  readonly results: string;
}

/**
 * `folder` is a folder of results (with runs/ in it) or of runs itself.
 *
 * @throws SmoothOutError USAGE: there is no such folder.
 */
export async function locateResults(folder: string): Promise<ResultsPaths> {
  if (await isFolder(join(folder, 'runs'))) return { runs: join(folder, 'runs'), results: folder };
  if (!(await isFolder(folder))) {
    throw new SmoothOutError('USAGE', `${folder}: there is no such folder`, {
      hint: 'Give the folder that `smoothout run --out` wrote to; without --out that is results.',
    });
  }
  return { runs: folder, results: basename(folder) === 'runs' ? dirname(folder) : folder };
}

/**
 * The same of a folder that has runs, whether these can be read or not.
 *
 * @throws SmoothOutError USAGE: there is no such folder, or no run in it.
 */
export async function locateRuns(folder: string): Promise<ResultsPaths> {
  const paths = await locateResults(folder);
  let isRead = true;
  const folders = await foldersBelow(paths.runs, RUN_DEPTH, () => {
    isRead = false;
  });
  const isRun = async (name: string) => {
    const { record, config } = runPathsIn(join(paths.runs, name));
    return (await exists(record)) || (await exists(config));
  };
  const found = await Promise.all(folders.map((name) => isRun(name).catch(() => true)));
  if (!isRead || found.includes(true)) return paths;
  throw new SmoothOutError('USAGE', `${folder}: there is no run in it`, {
    hint: 'Give the folder that `smoothout run --out` wrote to: its runs are runs/EXPERIMENT/METHOD/seed-N.',
  });
}

/** A strength whose grid may not reach to the best one. */
function tunedAtEdge({ name, settings: { tuning = {} } }: Group): Problem[] {
  const atEdge = Object.values(tuning).filter((how) => how.includes('edge of the grid'));
  return atEdge.map((how) => ({ where: name, what: `its strength is not bracketed: ${how}` }));
}

/** Reads everything below the folders. Whatever cannot be used is among the problems. */
export async function readResults(paths: ResultsPaths): Promise<Results> {
  const loaded = await loadRuns(paths.runs);
  const unfinished = loaded.runs.filter(({ record }) => record.status !== 'completed');
  const groups = groupRuns(loaded.runs);
  const cells = assignCells(groups);
  const curves = await loadCurves(join(paths.results, 'figures'));
  const problems = [
    ...loaded.problems,
    ...unfinished.map(
      ({ folder, record }): Problem => ({
        where: folder,
        what: `${record.status} after ${record.epochsDone} of ${record.epochs} epochs; in no mean`,
      }),
    ),
    ...groups.flatMap(unevenSharpness),
    ...cells.problems,
    ...groups.flatMap(tunedAtEdge),
    ...curves.problems,
  ];
  if (loaded.runs.length === 0)
    problems.push({ where: 'runs', what: 'there is no readable run; measured cells are empty' });
  const sorted = { groups, cells, tables: buildTables(cells), beyond: beyondRows(groups) };
  const judged = { verdicts: verdicts(groups, curves.files) };
  const measured = { correlations: correlationRows(loaded.runs), curvature: curvatureRows(groups) };
  return { runs: loaded.runs, unfinished, ...sorted, ...judged, ...measured, curves, problems };
}

/** A mean sharpness is worth a word where it is over fewer seeds than the accuracy's, or over unlike measurements. */
function unevenSharpness({ name: where, runs }: Group): Problem[] {
  return CONVENTION_NAMES.flatMap((convention): Problem[] => {
    const measured = runs.flatMap((run) => measurementOf(run, convention) ?? []);
    const images = [...new Set(measured.map((measurement) => measurement.images))];
    const few = `sharpness (${convention}) of ${measured.length} of ${runs.length} seeds`;
    const unlike = `sharpness (${convention}) over different numbers of images: ${images.join(', ')}`;
    return [
      ...(measured.length > 0 && measured.length < runs.length ? [{ where, what: few }] : []),
      ...(images.length > 1 ? [{ where, what: unlike }] : []),
    ];
  });
}

/** Every row of the paper's Table 1, with the runs that stand in it. */
export interface Table1Row {
  readonly row: PaperRow;
  readonly baseline: Group | null;
}

export interface Table2Row {
  readonly row: PaperRow;
  readonly paper: { readonly baseline: PaperResult; readonly smoothout: PaperResult };
  readonly baseline: Group | null;
  readonly smoothout: Group | null;
  /** SmoothOut − baseline, percentage points. */
  readonly improvement: Readonly<Record<Epoch, Difference | null>>;
}

export interface Table3Row {
  readonly row: PaperRow;
  readonly method: PaperMethod;
  readonly paper: PaperResult & { readonly gap: number };
  readonly group: Group | null;
  /** Small-batch baseline − this, percentage points. */
  readonly gap: Readonly<Record<Epoch, Difference | null>>;
}

export interface Tables {
  readonly table1: readonly Table1Row[];
  readonly table2: readonly Table2Row[];
  readonly table3: readonly Table3Row[];
}

function buildTables(cells: Cells): Tables {
  return {
    table1: PAPER_ROWS.map((row) => ({ row, baseline: cells.at(row, 'baseline') })),
    table2: TABLE2_ROWS.map((row): Table2Row => {
      const baseline = cells.at(row, 'baseline');
      const smoothout = cells.at(row, 'smoothout');
      const paper = { baseline: row.results.baseline, smoothout: row.results.smoothout! };
      return { row, paper, baseline, smoothout, improvement: differences(smoothout, baseline) };
    }),
    table3: TABLE3_ROWS.flatMap((row) => {
      const smallBatchRow = paperRow(row.gapFrom!);
      const smallBatch = cells.at(smallBatchRow, 'baseline');
      return PAPER_METHODS.flatMap((method): Table3Row[] => {
        const result = row.results[method];
        if (result === undefined) return [];
        const group = cells.at(row, method);
        const gap = smallBatchRow.results.baseline.accuracy - result.accuracy;
        return [{ row, method, paper: { ...result, gap }, group, gap: differences(smallBatch, group) }];
      });
    }),
  };
}

/** left − right at both epochs, percentage points; null where a side is missing. */
function differences(left: Group | null, right: Group | null): Record<Epoch, Difference | null> {
  const of = (epoch: Epoch): Difference | null =>
    left === null || right === null ? null : difference(accuracies(left, epoch), accuracies(right, epoch));
  return { best: of('best'), last: of('last') };
}

/** One cell of the paper's tables, or one other group, in two folders of results. */
export interface ComparedPair {
  /** The left one; the right one where that is alone. */
  readonly present: Group;
  readonly left: Group | null;
  readonly right: Group | null;
  /** "batchSize 1000 / 1200" for each setting that the two differ in; empty for a repetition. */
  readonly settings: readonly string[];
  /** right − left, percentage points; null where a side is missing. */
  readonly difference: Readonly<Record<Epoch, Difference | null>>;
}

export interface ComparedResults {
  /** The two folders, as they were given. */
  readonly names: readonly [left: string, right: string];
  readonly pairs: readonly ComparedPair[];
}

/**
 * Puts two folders of results side by side: cell by cell where runs stand in the paper's tables, and by the name of
 * experiment and method for all others. A name that several groups of one folder share cannot be matched and is left out.
 */
export function compareResults(names: readonly [string, string], left: Results, right: Results): ComparedResults {
  const [ofLeft, ofRight] = [keyed(left), keyed(right)];
  // In the order of the left ones, then of those that the right alone has.
  const pairs = [...new Map([...ofLeft, ...ofRight, ...ofLeft])].map(([key, present]): ComparedPair => {
    const [a, b] = [ofLeft.get(key) ?? null, ofRight.get(key) ?? null];
    const differing = a && b ? differingSettings([a.settings, b.settings]) : [];
    const settings = differing.map(({ path, values }) => `${path} ${values.join(' / ')}`);
    return { present, left: a, right: b, settings, difference: differences(b, a) };
  });
  return { names, pairs };
}

function keyed({ cells: { placed, apart } }: Results): Map<string, Group> {
  const named = [...groupBy(apart, ({ name }) => name)].filter(([, groups]) => groups.length === 1);
  return new Map([
    ...placed.map((group) => [`row ${group.standing.row!.id}/${group.standing.method}`, group] as const),
    ...named.map(([name, [group]]) => [name, group] as const),
  ]);
}
