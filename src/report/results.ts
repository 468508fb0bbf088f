/** A folder of results, read and sorted into the paper's tables. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { assignCells, type Cells, type ClaimingGroup } from './cells.js';
import { type Curves, loadCurves } from './figures/curve-record.js';
import { loadRuns, type Problem } from './load-runs.js';
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
import { accuracies, type Epoch, type Group, groupRuns, measurementOf, nameOf, type Run } from './runs.js';
import { CONVENTION_NAMES } from './sharpness-record.js';
import { type Difference, difference } from './statistics.js';

/** A folder of results, read and sorted into the paper's tables. */
export interface Results {
  readonly runs: readonly Run[];
  readonly unfinished: readonly Run[];
  readonly groups: readonly Group[];
  readonly cells: Cells;
  readonly tables: Tables;
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
  const isFolder = (path: string): Promise<boolean> =>
    stat(path).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
  if (await isFolder(join(folder, 'runs'))) return { runs: join(folder, 'runs'), results: folder };
  if (!(await isFolder(folder))) {
    throw new SmoothOutError('USAGE', `${folder}: there is no such folder`, {
      hint: 'Give the folder that `smoothout run --out` wrote to; without --out that is results.',
    });
  }
  return { runs: folder, results: basename(folder) === 'runs' ? dirname(folder) : folder };
}

/** Reads everything below the folders. Whatever cannot be used is among the problems. */
export async function readResults(paths: ResultsPaths): Promise<Results> {
  const loaded = await loadRuns(paths.runs);
  const { groups, unfinished } = groupRuns(loaded.runs);
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
    ...curves.problems,
  ];
  if (loaded.runs.length === 0)
    problems.push({ where: 'runs', what: 'there is no readable run; measured cells are empty' });
  return { runs: loaded.runs, unfinished, groups, cells, tables: buildTables(cells), curves, problems };
}

/** A mean sharpness is worth a word where it is over fewer seeds than the accuracy's, or over unlike measurements. */
function unevenSharpness(group: Group): Problem[] {
  return CONVENTION_NAMES.flatMap((convention): Problem[] => {
    const measured = group.runs.flatMap((run) => measurementOf(run, convention) ?? []);
    const images = [...new Set(measured.map((measurement) => measurement.images))];
    const where = nameOf(group);
    const problems: Problem[] = [];
    if (measured.length > 0 && measured.length < group.runs.length) {
      problems.push({ where, what: `sharpness (${convention}) of ${measured.length} of ${group.runs.length} seeds` });
    }
    if (images.length > 1) {
      problems.push({
        where,
        what: `sharpness (${convention}) over different numbers of images: ${images.join(', ')}`,
      });
    }
    return problems;
  });
}

/** Every row of the paper's Table 1, with the runs that stand in it. */
export interface Table1Row {
  readonly row: PaperRow;
  readonly paper: PaperResult;
  readonly baseline: ClaimingGroup | null;
}

export interface Table2Row {
  readonly row: PaperRow;
  readonly paper: { readonly baseline: PaperResult; readonly smoothout: PaperResult };
  readonly baseline: ClaimingGroup | null;
  readonly smoothout: ClaimingGroup | null;
  /** SmoothOut − baseline, percentage points. */
  readonly improvement: Readonly<Record<Epoch, Difference | null>>;
}

export interface Table3Row {
  readonly row: PaperRow;
  readonly method: PaperMethod;
  readonly paper: PaperResult & { readonly gap: number };
  readonly group: ClaimingGroup | null;
  readonly smallBatch: ClaimingGroup | null;
  /** Small-batch baseline − this, percentage points. */
  readonly gap: Readonly<Record<Epoch, Difference | null>>;
}

export interface Tables {
  readonly table1: readonly Table1Row[];
  readonly table2: readonly Table2Row[];
  readonly table3: readonly Table3Row[];
}

export function buildTables(cells: Cells): Tables {
  return {
    table1: PAPER_ROWS.map((row) => ({ row, paper: row.results.baseline, baseline: cells.at(row, 'baseline') })),
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
        return [{ row, method, paper: { ...result, gap }, group, smallBatch, gap: differences(smallBatch, group) }];
      });
    }),
  };
}

/** left − right at both epochs, percentage points; null where a side is missing. */
export function differences(left: ClaimingGroup | null, right: ClaimingGroup | null): Record<Epoch, Difference | null> {
  const of = (epoch: Epoch): Difference | null =>
    left === null || right === null ? null : difference(accuracies(left.group, epoch), accuracies(right.group, epoch));
  return { best: of('best'), last: of('last') };
}
