/** A report and what it was made from in one file: an RO-Crate from which anyone writes every table again. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';
import { SmoothOutError } from '../support/errors.js';
import { asReadError, writeFileAtomic } from '../support/files.js';
import { gitCommit, versions } from '../support/versions.js';
import type { Results, ResultsPaths } from './results.js';
import { crateMetadata } from './ro-crate.js';
import { allTables, type Tables } from './tables/tables.js';

/** As early as a ZIP file can say, in any time zone: the same contents give the same bytes. */
const NO_TIME = new Date(1980, 0, 1);

/**
 * Writes the ZIP file of a report: `contents` (by path), and the files of results that it was made from.
 *
 * @throws SmoothOutError USAGE: no run; NO_SPACE, OUTPUT_UNWRITABLE, FILE_UNREADABLE
 */
export async function writeBundle(
  path: string,
  paths: ResultsPaths,
  { runs }: Results,
  tables: Tables,
  contents: ReadonlyMap<string, string>,
): Promise<void> {
  if (runs.length === 0) {
    throw new SmoothOutError('USAGE', `--bundle ${path}: there is no readable run to put into it`, {
      hint: 'Give the folder that `smoothout run --out` wrote to with --runs.',
    });
  }
  const files = new Map<string, Uint8Array>();
  for (const [name, from] of await inputs(paths)) {
    const bytes = await readFile(from).catch((error: unknown) => {
      throw asReadError(error, from);
    });
    files.set(name, bytes);
  }
  for (const [name, text] of contents) files.set(name, Buffer.from(text));
  const sizes = new Map([...files].map(([name, bytes]) => [name, bytes.length]));
  const [{ smoothout }, commit] = await Promise.all([versions(), gitCommit()]);
  const titles = Object.fromEntries(allTables(tables).map(({ name, title }) => [`${name}.csv`, title]));
  const metadata = crateMetadata(sizes, titles, runs, { version: smoothout ?? 'unknown', commit });
  const zipped: Zippable = { 'ro-crate-metadata.json': Buffer.from(metadata), ...Object.fromEntries(files) };
  await writeFileAtomic(path, zipSync(zipped, { mtime: NO_TIME }));
}

/** Records, settings and metrics of runs (no checkpoints and locks), and the curves, by their path in the bundle. */
async function inputs({ runs, results }: ResultsPaths): Promise<[name: string, from: string][]> {
  const folders = (await foldersBelow(runs, RUN_DEPTH)).map(
    (folder) => [`runs/${folder}`, join(runs, folder)] as const,
  );
  const all = [...folders, ['figures', join(results, 'figures')] as const];
  const files = all.map(async ([name, from]) => {
    const kept = (await readdir(from).catch(() => [])).filter((file) => RECORD.test(file)).sort();
    return kept.map((file): [string, string] => [`${name}/${file}`, join(from, file)]);
  });
  return (await Promise.all(files)).flat();
}

const RECORD = /^[^.].*(?<!\.lock)\.(yaml|json|jsonl|csv)$/;
