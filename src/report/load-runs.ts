/** Reads the runs of a folder, and says which it could not use. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTextIfExists } from '../support/files.js';
import { readMetrics } from '../training/metrics.js';
import { type RunRecord, readRunRecord } from '../training/record.js';
import { type RunPaths, runPathsIn } from '../training/run-directory.js';
import { parseRunSettings, type Run } from './runs.js';
import { parseSharpnessRecord, type SharpnessRecord } from './sharpness-record.js';
import { groupBy } from './statistics.js';

/** Something that the report could not use, or used with a reservation. Shown on stderr and at the end of the page. */
export interface Problem {
  /** The file, folder or cell it is about, relative to the folder of results. */
  readonly where: string;
  /** What is wrong and what follows from it, one sentence without its full stop. */
  readonly what: string;
}

/** The reason of an error on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

export interface LoadedRuns {
  /** In the order of their folders, numbers in them counted as numbers. */
  readonly runs: readonly Run[];
  readonly problems: readonly Problem[];
}

/**
 * Reads every run below `runsFolder` (EXPERIMENT/METHOD/seed-N/). What cannot be read is a problem, not an error: a run
 * without a usable run.json or config.yaml is left out whole, one with a damaged metrics.jsonl or sharpness.json keeps
 * what its other files say. No folder at all is no runs.
 */
export async function loadRuns(runsFolder: string): Promise<LoadedRuns> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  for (const folder of await seedFolders(runsFolder)) {
    try {
      runs.push(await loadRun(join(runsFolder, folder), folder, problems));
    } catch (error) {
      // The reason starts with the file's path: say it relative to the folder of runs.
      problems.push({
        where: folder,
        what: `${reasonOf(error).replaceAll(join(runsFolder, folder, '/'), '')}; the run is left out`,
      });
    }
  }
  const { kept, rejected } = withoutImpostors(runs);
  return { runs: kept, problems: [...problems, ...rejected] };
}

async function loadRun(path: string, folder: string, problems: Problem[]): Promise<Run> {
  const paths = runPathsIn(path);
  const record = await readRunRecord(paths.record);
  checkEnd(record);
  const config = await readFile(paths.config, 'utf8').catch(() => {
    throw new Error('config.yaml: there is no such file');
  });
  const settings = within('config.yaml', () => parseRunSettings(config, record.method));
  // Both become parts of file names, and only the config's have been checked for that.
  if (settings.experiment !== record.experiment) {
    throw new Error(`run.json: of the experiment "${record.experiment}", but config.yaml of "${settings.experiment}"`);
  }
  const optional = async <T>(file: string, fallback: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      const reason = reasonOf(error)
        .replaceAll(join(path, '/'), '')
        .replace(new RegExp(`^${file}:? ?`), '');
      problems.push({ where: `${folder}/${file}`, what: `${reason}; the run is shown without it` });
      return fallback;
    }
  };
  const metrics = await optional('metrics.jsonl', [], () => readMetrics(paths.metrics));
  const sharpness = await optional('sharpness.json', null, () => readSharpness(paths, record));
  return { folder, record, settings, config, metrics, sharpness };
}

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

async function readSharpness(paths: RunPaths, record: RunRecord): Promise<SharpnessRecord | null> {
  const text = await readTextIfExists(paths.sharpness);
  if (text === null) return null;
  const sharpness = parseSharpnessRecord(text);
  if (sharpness.checkpoint !== basename(paths.best))
    throw new Error(`measured at ${sharpness.checkpoint}, not at ${basename(paths.best)}`);
  if (sharpness.epoch !== null && sharpness.epoch !== record.bestEpoch) {
    throw new Error(`measured at epoch ${sharpness.epoch}, but the best epoch is ${record.bestEpoch}`);
  }
  return sharpness;
}

function within<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`);
  }
}

/**
 * Folders are copied and renamed, and run.json still says what the run was. Of several runs that claim to be the same one,
 * only that in the folder of this name is believed; with none there, none of them is.
 */
function withoutImpostors(runs: readonly Run[]): { kept: Run[]; rejected: Problem[] } {
  const name = ({ record }: Run): string => `${record.experiment}/${record.method}/seed-${record.seed}`;
  const claims = groupBy(runs, name);
  const kept: Run[] = [];
  const rejected: Problem[] = [];
  for (const run of runs) {
    const rivals = claims.get(name(run))!;
    if (rivals.length === 1 || run.folder === name(run)) kept.push(run);
    else {
      const others = rivals.filter((rival) => rival !== run).map(({ folder }) => folder);
      rejected.push({
        where: run.folder,
        what: `its run.json says it is ${name(run)}, as does that of ${others.join(', ')}; the run is left out`,
      });
    }
  }
  return { kept, rejected };
}

/** EXPERIMENT/METHOD/SEED of every folder three levels below, whatever is in it. */
async function seedFolders(root: string): Promise<string[]> {
  let level = [''];
  for (let depth = 0; depth < 3; depth++) {
    const below = await Promise.all(level.map((folder) => foldersIn(root, folder)));
    level = below.flat();
  }
  return level;
}

const NATURAL = new Intl.Collator('en', { numeric: true });

async function foldersIn(root: string, parent: string): Promise<string[]> {
  const entries = await readdir(join(root, parent), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => (parent === '' ? name : `${parent}/${name}`))
    .sort(NATURAL.compare);
}
