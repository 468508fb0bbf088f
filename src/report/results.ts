import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { type Curves, loadCurves } from './figures/load-curves.js';
import { assignCells, type Cells } from './paper/cells.js';
import type { Problem } from './problem.js';
import { type Group, groupRuns, nameOf } from './runs/group.js';
import { loadRuns } from './runs/load.js';
import { measurementOf, type Run } from './runs/run.js';
import { CONVENTION_NAMES } from './sharpness-record.js';
import { buildTables, type Tables } from './tables/tables.js';

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
