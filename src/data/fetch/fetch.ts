import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SmoothOutError } from '../../support/errors.js';
import { makeFolder, writeFileAtomic } from '../../support/files.js';
import { type CatalogueEntry, type DatasetName, type Download, readCatalogue } from '../catalogue.js';
import { type FileReport, inspectFiles } from '../inspect.js';
import { officialPlace } from '../open.js';
import { dataWriteError } from '../write-error.js';
import { download } from './download.js';
import { readTarFiles } from './tar.js';

export interface FetchOptions {
  /** The data folder. */
  readonly root: string;
  /** Fetches from `<mirror>/<file name>` instead of the official addresses. */
  readonly mirror?: string | undefined;
  /** Replaces files that are there and differ from the official ones. */
  readonly force?: boolean;
  readonly progress?: (file: string, done: number, total: number) => void;
  readonly retryDelayMs?: number;
}

export interface Fetched {
  readonly folder: string;
  /** The files that were written; none where all were there. */
  readonly files: readonly string[];
}

/** Room for the members of an archive that are not wanted, and for tar's own blocks. */
const ARCHIVE_EXTRAS = 1 << 20;

/**
 * Fetches a data set's missing files and verifies them. Files that are there are never touched without `force`.
 *
 * @throws SmoothOutError DATA_MISSING: cannot be fetched, or only by hand; DATA_CORRUPT: what arrived is not the official
 * file, or a file that is there differs from it; NO_SPACE and OUTPUT_UNWRITABLE.
 */
export function fetchDataset(name: DatasetName, options: FetchOptions): Promise<Fetched> {
  return fetchEntry(name, readCatalogue()[name], options);
}

/** `fetchDataset` of what a catalogue's entry says. */
export async function fetchEntry(name: DatasetName, entry: CatalogueEntry, options: FetchOptions): Promise<Fetched> {
  if (entry.downloads.length === 0) {
    throw new SmoothOutError('DATA_MISSING', `${name} cannot be fetched: its owners ask you to register first`, {
      hint: `Get it from ${entry.homepage} and lay it out as datasets/README.md says, or use --synthetic.`,
    });
  }
  const present = await inspectFiles(officialPlace(name, options.root), entry.files);
  const folder = present?.folder ?? join(options.root, entry.folders[0]!);
  const wanted = chooseFiles(entry, present?.files ?? [], options.force ?? false);
  const fetchInto = name === 'mnist' ? fetchEach : fetchArchive;
  return { folder, files: wanted.length === 0 ? [] : await fetchInto(entry, folder, wanted, options) };
}

/** The official names of the files to fetch. */
function chooseFiles(entry: CatalogueEntry, reports: readonly FileReport[], force: boolean): string[] {
  const different = reports.find(({ state }) => state === 'different');
  if (different && !force) {
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${different.path}: differs from the official file (${different.detail})`,
      {
        hint: 'Nothing was changed. --force replaces it.',
      },
    );
  }
  const kept = new Set(reports.filter(({ state }) => state === 'official').map(({ name }) => name));
  return Object.keys(entry.files).filter((name) => !kept.has(name));
}

/** MNIST: one download a file, kept as it comes. */
async function fetchEach(
  { downloads }: CatalogueEntry,
  folder: string,
  wanted: readonly string[],
  options: FetchOptions,
): Promise<string[]> {
  const written: string[] = [];
  for (const source of downloads) {
    const file = basename(new URL(source.url).pathname);
    const name = file.replace(/\.gz$/, '');
    if (!wanted.includes(name)) continue;
    const to = join(folder, file);
    await get(source, file, to, options);
    // An uncompressed file that --force replaces would otherwise still be found first.
    if (options.force)
      await Promise.all([name, name.replace('-idx', '.idx')].map((old) => rm(join(folder, old), { force: true })));
    written.push(to);
  }
  return written;
}

/** CIFAR: one archive, of which only the catalogue's files are kept. */
async function fetchArchive(
  { files, downloads }: CatalogueEntry,
  folder: string,
  wanted: readonly string[],
  options: FetchOptions,
): Promise<string[]> {
  const source = downloads[0]!;
  const file = basename(new URL(source.url).pathname);
  const archive = join(options.root, file);
  await get(source, file, archive, options);
  const member = (name: string) => `${source.archiveFolder}/${name}`;
  const sizes = new Map(Object.entries(files).map(([name, { bytes }]) => [member(name), bytes]));
  const limit = [...sizes.values()].reduce((sum, bytes) => sum + bytes, ARCHIVE_EXTRAS);
  const unpacked = await promisify<Buffer, object, Buffer>(gunzip)(await readFile(archive), { maxOutputLength: limit });
  const members = readTarFiles(unpacked, archive, sizes);
  const written: string[] = [];
  try {
    await makeFolder(folder);
    for (const name of wanted) {
      const path = join(folder, name);
      await writeFileAtomic(path, members.get(member(name))!);
      written.push(path);
    }
    await rm(archive);
  } catch (error) {
    throw dataWriteError(error, folder);
  }
  return written;
}

async function get(source: Download, file: string, to: string, options: FetchOptions): Promise<void> {
  const { mirror, progress, retryDelayMs } = options;
  const url = mirror === undefined ? source.url : `${mirror.replace(/\/$/, '')}/${file}`;
  const { bytes, md5, sha256 } = source;
  await download({
    url,
    bytes,
    md5,
    sha256,
    to,
    retryDelayMs,
    progress: progress && ((done, total) => progress(file, done, total)),
  });
}
