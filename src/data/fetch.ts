/** Fetches a data set's files: each by itself, or out of a tar archive. */
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { at } from '../support/at.js';
import { isFile, makeFolder, writeFileAtomic } from '../support/files.js';
import { type Lock, waitForLock } from '../support/lock.js';
import { type CatalogueEntry, type Download, readCatalogue } from './catalogue.js';
import { DATASETS, type DatasetFormat, type DatasetName } from './datasets.js';
import { download } from './download.js';
import { corrupt, dataWriteError, missing } from './files.js';
import { compareFiles, type FileReport } from './listed-files.js';
import { officialPlace } from './open.js';

export interface FetchOptions {
  /** The data folder. */
  readonly root: string;
  /** Fetches from `<mirror>/<file name>` instead of the official addresses. */
  readonly mirror?: string | undefined;
  /** Replaces files that are there and differ from the official ones. */
  readonly force?: boolean;
  readonly progress?: (file: string, done: number, total: number) => void;
  readonly retryDelayMs?: number;
  /** Is called once where another process fetches the same data set into this folder, with who that is. */
  readonly onWait?: (why: string) => void;
  /** What there is to fetch: the catalogue's row, unless told. */
  readonly entry?: CatalogueEntry;
}

/** Room for the members of an archive that are not wanted, and for tar's own blocks. */
const ARCHIVE_EXTRAS = 1 << 20;

/**
 * Fetches a data set's missing files and verifies them. Files that are there are never touched without `force`.
 *
 * @returns the folder, and the files that were written: none where all were there.
 * @throws SmoothOutError DATA_MISSING: cannot be fetched, or only by hand; DATA_CORRUPT: what arrived is not the official
 * file, or a file that is there differs from it; NO_SPACE and OUTPUT_UNWRITABLE.
 */
export async function fetchDataset(
  name: DatasetName,
  options: FetchOptions,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const { root, force = false, onWait, entry = readCatalogue()[name] } = options;
  if (entry.downloads.length === 0) {
    throw missing(`${name} cannot be fetched: its owners ask you to register first`, {
      hint: `Get it from ${entry.homepage} and lay it out as datasets/README.md says, or use --synthetic.`,
    });
  }
  const { spellings } = await DATASETS[name].load();
  const look = async () => {
    const present = await compareFiles(officialPlace(name, root, undefined, entry), spellings);
    const folder = present?.folder ?? join(root, at(entry.folders, 0));
    return { folder, wanted: chooseFiles(entry, present?.files ?? [], force) };
  };
  const before = await look();
  if (before.wanted.length === 0) return { folder: before.folder, files: [] };
  const lock = await lockFetching(name, root, onWait);
  try {
    // Another process may have fetched them while this one waited.
    const { folder, wanted } = await look();
    if (wanted.length === 0) return { folder, files: [] };
    const inArchive = at(entry.downloads, 0).archiveFolder !== undefined;
    const files = await (inArchive
      ? fetchArchive(entry, folder, wanted, options)
      : fetchEach(entry, folder, wanted, options, spellings));
    return { folder, files };
  } finally {
    await lock.release();
  }
}

/** One process at a time fetches a data set into a folder; the others wait for it, however long its download takes. */
async function lockFetching(name: DatasetName, root: string, onWait?: (why: string) => void): Promise<Lock> {
  const path = join(root, `${name}.fetch.lock.json`);
  try {
    await makeFolder(root);
    return await waitForLock(path, Number.POSITIVE_INFINITY, onWait);
  } catch (error) {
    throw dataWriteError(error, path);
  }
}

/** The official names of the files to fetch. */
function chooseFiles(entry: CatalogueEntry, reports: readonly FileReport[], force: boolean): string[] {
  const different = reports.find(({ state }) => state === 'different');
  if (different && !force) {
    throw corrupt(`${different.path}: differs from the official file (${different.detail})`, {
      hint: 'Nothing was changed. --force replaces it.',
    });
  }
  const kept = reports.filter(({ state }) => state === 'official').map(({ name }) => name);
  return Object.keys(entry.files).filter((name) => !kept.includes(name));
}

/** One download a file, kept as it comes. */
async function fetchEach(
  { downloads }: CatalogueEntry,
  folder: string,
  wanted: readonly string[],
  options: FetchOptions,
  spellings: DatasetFormat['spellings'],
): Promise<string[]> {
  const written: string[] = [];
  for (const source of downloads) {
    const file = basename(new URL(source.url).pathname);
    const name = file.replace(/\.gz$/, '');
    if (!wanted.includes(name)) continue;
    const to = join(folder, file);
    await get(source, to, options);
    // A file of another spelling that --force replaces would otherwise still be found first.
    const others = spellings(name).filter((other) => other !== file);
    for (const old of options.force ? others : []) if (await isFile(join(folder, old))) await rm(join(folder, old));
    written.push(to);
  }
  return written;
}

/** One archive, of which only the catalogue's files are kept. */
async function fetchArchive(
  { files, downloads }: CatalogueEntry,
  folder: string,
  wanted: readonly string[],
  options: FetchOptions,
): Promise<string[]> {
  const source = at(downloads, 0);
  const archive = join(options.root, basename(new URL(source.url).pathname));
  await get(source, archive, options);
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

async function get(source: Download, to: string, { mirror, progress, retryDelayMs }: FetchOptions): Promise<void> {
  const file = basename(to);
  const url = mirror === undefined ? source.url : `${mirror.replace(/\/$/, '')}/${file}`;
  const report = progress && ((done: number, total: number) => progress(file, done, total));
  await download({ ...source, url, to, retryDelayMs, progress: report });
}

const BLOCK = 512;
/** Type flags of a regular file. */
const REGULAR = ['0', '\0'];

/**
 * The wanted files of an uncompressed tar archive, by member name. It is read by hand because small libraries (nanotar)
 * do not check a header's checksum, and would pass a damaged archive. Everything else in it is skipped, never written
 * anywhere: no member's name is ever used as a path.
 *
 * @param sizes the wanted members and their exact sizes.
 * @throws SmoothOutError DATA_CORRUPT: damaged or truncated, or a wanted member is missing, there twice, no regular file,
 * or of another size.
 */
export function readTarFiles(
  bytes: Uint8Array,
  archive: string,
  sizes: ReadonlyMap<string, number>,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const spoilt = (what: string) => corrupt(`${archive}: ${what}`);
  for (let at = 0; ; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw spoilt('the archive is truncated');
    // The end is marked by blocks of zeros.
    if (header.every((byte) => byte === 0)) break;
    if (checksum(header) !== octal(header, 148, 8)) throw spoilt(`damaged header at byte ${at}`);
    const size = octal(header, 124, 12);
    if (size === undefined) throw spoilt(`damaged size at byte ${at}`);
    const start = at + BLOCK;
    if (start + size > bytes.length) throw spoilt('the archive is truncated');
    const prefix = text(header, 345, 155);
    const name = `${prefix ? `${prefix}/` : ''}${text(header, 0, 100)}`.replace(/^\.\//, '');
    const expected = sizes.get(name);
    if (expected !== undefined) {
      if (found.has(name)) throw spoilt(`${name} is in it twice`);
      if (!REGULAR.includes(String.fromCharCode(header[156]!))) throw spoilt(`${name} is no regular file`);
      if (size !== expected) throw spoilt(`${name} has ${size} bytes, expected ${expected}`);
      found.set(name, bytes.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  for (const name of sizes.keys()) if (!found.has(name)) throw spoilt(`${name} is not in it`);
  return found;
}

/** Text up to the first zero byte. */
function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1');
}

/** A number in octal digits; undefined for anything else. */
function octal(header: Uint8Array, from: number, length: number): number | undefined {
  const digits = text(header, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
}
