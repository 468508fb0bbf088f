/** A run as the report knows it, read from its folder. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readRunConfig } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { type CurvatureRecord, curvatureFile } from '../records/curvature-record.js';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';
import { type EpochMetrics, readMetrics } from '../records/metrics.js';
import { isWaiting, recordBeside, runPathsIn } from '../records/run-folder.js';
import { type RunRecord, readRunRecord } from '../records/run-record.js';
import type { NamedConvention } from '../records/sharpness-conventions.js';
import { type SharpnessMeasurement, type SharpnessRecord, sharpnessFile } from '../records/sharpness-record.js';
import { reasonOf } from '../support/errors.js';
import { groupBy } from '../support/statistics.js';

export interface Run {
  /** EXPERIMENT/METHOD/seed-N, below the folder of runs. */
  readonly folder: string;
  readonly record: RunRecord;
  readonly settings: RunSpec;
  /** config.yaml as it is: `smoothout run` of it repeats the run. */
  readonly config: string;
  /** An entry an epoch; empty where metrics.jsonl is missing. */
  readonly metrics: readonly EpochMetrics[];
  readonly sharpness: SharpnessRecord | null;
  readonly curvature: CurvatureRecord | null;
}

/** The measurement of a named convention, at the best epoch's parameters. */
export function measurementOf(run: Run, convention: NamedConvention): SharpnessMeasurement | undefined {
  return run.sharpness?.measurements.find((measurement) => measurement.convention === convention);
}

/**
 * Training minus validation accuracy at the best epoch, in percentage points, or null without that epoch's metrics. The
 * training accuracy is the one over the epoch's batches as they were trained on: with dropout, and with SmoothOut's noise.
 */
export function generalisationGap(run: Run): number | null {
  const best = run.metrics.find(({ epoch }) => epoch === run.record.bestEpoch);
  return best === undefined ? null : best.trainAccuracy - best.validationAccuracy;
}

/** Something that the report could not use, or used with a reservation. Shown on stderr and at the end of the page. */
export interface Problem {
  /** The file, folder or cell it is about, relative to the folder of results. */
  readonly where: string;
  /** What is wrong and what follows from it, one sentence without its full stop. */
  readonly what: string;
}

/**
 * Reads every run below `runsFolder` (EXPERIMENT/METHOD/seed-N/). What cannot be read is a problem, not an error: a run
 * without a usable run.json or config.yaml is left out whole, one with a damaged metrics.jsonl or sharpness.json keeps
 * what its other files say. No folder at all is no runs.
 *
 * @param names of those that are wanted, where not all are.
 * @returns the runs in the order of their folders, numbers in them counted as numbers.
 */
export async function loadRuns(
  runsFolder: string,
  names?: readonly string[],
): Promise<{ runs: Run[]; problems: Problem[] }> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  const leftOut = (where: string, what: string) => problems.push({ where, what: `${what}; it is left out` });
  for (const folder of names ?? (await foldersBelow(runsFolder, RUN_DEPTH, leftOut))) {
    try {
      if (await isWaiting(runPathsIn(join(runsFolder, folder)))) {
        problems.push({ where: folder, what: 'waiting, it has not begun; in no mean' });
      } else {
        runs.push(await loadRun(join(runsFolder, folder), folder, problems));
      }
    } catch (error) {
      problems.push({
        where: folder,
        what: `${within(join(runsFolder, folder), reasonOf(error))}; the run is left out`,
      });
    }
  }
  const { kept, rejected } = withoutCopies(runs);
  return { runs: kept, problems: [...problems, ...rejected] };
}

async function loadRun(path: string, folder: string, problems: Problem[]): Promise<Run> {
  const paths = runPathsIn(path);
  const record = await readRunRecord(paths.record);
  checkEnd(record);
  const settings = await readRunConfig(paths.config, (what) =>
    problems.push({ where: folder, what: `${within(path, what)}; the run is shown from its records` }),
  );
  // Both become parts of file names, and only the config's have been checked for that.
  for (const [what, said, own] of [
    ['experiment', record.experiment, settings.experiment],
    ['method', record.method, settings.method.label],
  ]) {
    if (said !== own) throw new Error(`run.json: of the ${what} "${said}", but config.yaml of "${own}"`);
  }
  const config = await readFile(paths.config, 'utf8');
  const optional = async <T>(file: string, fallback: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      const reason = within(path, reasonOf(error)).replace(new RegExp(`^${file}:? ?`), '');
      problems.push({ where: `${folder}/${file}`, what: `${reason}; the run is shown without it` });
      return fallback;
    }
  };
  const metrics = await optional('metrics.jsonl', [], () => readMetrics(paths.metrics));
  const best = basename(paths.best);
  const sharpness = await optional('sharpness.json', null, async () =>
    ofBestEpoch(await sharpnessFile.read(paths.sharpness), record, best),
  );
  const curvature = await optional('curvature.json', null, async () =>
    ofBestEpoch(await curvatureFile.read(recordBeside(paths.best, 'curvature')), record, best),
  );
  return { folder, record, settings, config, metrics, sharpness, curvature };
}

/** A reason that starts with a file's path: the file is told by its place in the folder. */
const within = (folder: string, text: string): string => text.replaceAll(join(folder, '/'), '');

/** A record that says "completed" must have what a completed run has. */
function checkEnd(record: RunRecord): void {
  if (record.status !== 'completed') return;
  if (record.epochsDone !== record.epochs) {
    throw new Error(`run.json: completed, but with ${record.epochsDone} of ${record.epochs} epochs done`);
  }
  for (const key of ['bestEpoch', 'bestAccuracy', 'finalAccuracy'] as const) {
    if (record[key] === null) throw new Error(`run.json: completed, but without ${key}`);
  }
}

/** @throws Error where what was measured is another checkpoint than that of the best epoch. */
function ofBestEpoch<T extends { readonly checkpoint: string; readonly epoch: number | null }>(
  measured: T | null,
  { bestEpoch }: RunRecord,
  best: string,
): T | null {
  if (measured === null) return null;
  const { checkpoint, epoch } = measured;
  if (checkpoint !== best) throw new Error(`measured at ${checkpoint}, not at ${best}`);
  if (epoch !== null && epoch !== bestEpoch) {
    throw new Error(`measured at epoch ${epoch}, but the best epoch is ${bestEpoch}`);
  }
  return measured;
}

/**
 * A folder that was copied or renamed has a run.json that still says what the run was. Of several runs of one name only the
 * one in the folder of that name is kept; where that folder has none, none of them is.
 */
function withoutCopies(runs: readonly Run[]): { kept: Run[]; rejected: Problem[] } {
  const name = ({ record }: Run): string => `${record.experiment}/${record.method}/seed-${record.seed}`;
  const named = groupBy(runs, name);
  const othersOf = (run: Run) => named.get(name(run))!.filter((other) => other !== run);
  const isCopy = (run: Run) => run.folder !== name(run) && othersOf(run).length > 0;
  const rejected = runs.filter(isCopy).map((run): Problem => {
    const others = othersOf(run).map(({ folder }) => folder);
    const what = `its run.json says it is ${name(run)}, as does that of ${others.join(', ')}; the run is left out`;
    return { where: run.folder, what };
  });
  return { kept: runs.filter((run) => !isCopy(run)), rejected };
}
