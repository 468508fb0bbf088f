/** A folder of results: found, read, and sorted into the cells of the paper's tables. */
import { basename, dirname, join } from 'node:path';
import { isTuningTrial } from '../config/tuned.js';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';
import { runPathsIn } from '../records/run-folder.js';
import { CONVENTION_NAMES } from '../records/sharpness-conventions.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, isFolder } from '../support/files.js';
import { type CorrelationRow, correlationRows } from './correlations.js';
import { type Curves, loadCurves } from './curves.js';
import { assignCells, type Cells, type Group, groupRuns } from './groups.js';
import { loadRuns, measurementOf, type Problem, type Run } from './runs.js';
import { type CurvatureRow, curvatureRows } from './tables/curvature.js';

/** A folder of results, read and sorted into the paper's tables. */
export interface Results {
  readonly runs: readonly Run[];
  readonly unfinished: readonly Run[];
  /** Of completed runs, in the order of their folders; without the trials of `smoothout tune`, which are choices and no results. */
  readonly groups: readonly Group[];
  readonly cells: Cells;
  /** Every group in no cell, and the trials. */
  readonly outside: readonly Group[];
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
 * `folder` is a folder of results (with runs/ in it) or of runs itself; these need not be readable.
 *
 * @throws SmoothOutError USAGE: there is no such folder, or no run in it.
 */
export async function locateRuns(folder: string): Promise<ResultsPaths> {
  const hint = 'Give the folder that `smoothout run --out` wrote to; without --out that is results.';
  if (!(await isFolder(folder))) throw new SmoothOutError('USAGE', `${folder}: there is no such folder`, { hint });
  const below = join(folder, 'runs');
  const paths = (await isFolder(below))
    ? { runs: below, results: folder }
    : { runs: folder, results: basename(folder) === 'runs' ? dirname(folder) : folder };
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
  const all = groupRuns(loaded.runs);
  const groups = all.filter(({ settings }) => !isTuningTrial(settings));
  const cells = assignCells(groups);
  const outside = all.filter((group) => !cells.placed.includes(group));
  const curves = await loadCurves(join(paths.results, 'figures'));
  const problems = [
    ...loaded.problems,
    ...unfinished.map(
      ({ folder, record }): Problem => ({
        where: folder,
        what: `${record.status} after ${record.epochsDone} of ${record.epochs} epochs; in no mean`,
      }),
    ),
    ...all.flatMap(unevenSharpness),
    ...cells.problems,
    ...all.flatMap(tunedAtEdge),
    ...curves.problems,
  ];
  if (loaded.runs.length === 0)
    problems.push({ where: 'runs', what: 'there is no readable run; measured cells are empty' });
  const measured = { correlations: correlationRows(loaded.runs), curvature: curvatureRows(all) };
  return { runs: loaded.runs, unfinished, groups, cells, outside, ...measured, curves, problems };
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
