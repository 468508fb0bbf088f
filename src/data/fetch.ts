/** Fetches a data set's files: each by itself, or out of a tar archive. */
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { at, named } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { isFile, makeFolder, writeFileAtomic } from '../support/files.js';
import { type CatalogueEntry, type Download, readCatalogue } from './catalogue.js';
import { DATASETS, type DatasetFormat, type DatasetName } from './datasets.js';
import { download } from './download.js';
import { corrupt, findOrMake, missing } from './files.js';
import { compareFiles, DIFFERENT, type FileReport } from './listed-files.js';
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
  // What `find` saw last is what `make` fetches: to look is to read every file that is there.
  let folder = '';
  let wanted: readonly string[] = [];
  return findOrMake({
    lock: join(root, `${name}.fetch.lock.json`),
    // However long another process's download takes.
    seconds: Number.POSITIVE_INFINITY,
    onWait,
    async find() {
      const present = await compareFiles(officialPlace(name, root, undefined, entry), spellings);
      folder = present?.folder ?? join(root, at(entry.folders, 0));
      wanted = chooseFiles(entry, present?.files ?? [], force);
      return wanted.length === 0 ? { folder, files: [] } : undefined;
    },
    async make() {
      const inArchive = at(entry.downloads, 0).archiveFolder !== undefined;
      const files = await (inArchive
        ? fetchArchive(entry, folder, wanted, options)
        : fetchEach(entry, folder, wanted, options, spellings));
      return { folder, files };
    },
  });
}

/** The official names of the files to fetch. */
function chooseFiles(entry: CatalogueEntry, reports: readonly FileReport[], force: boolean): string[] {
  const different = reports.find(({ state }) => state === DIFFERENT);
  if (different && !force) {
    throw corrupt(`${different.what}: ${DIFFERENT} (${different.detail})`, {
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
  const unpacked = await promisify(gunzip)(await readFile(archive));
  const contents = readTarFiles(unpacked, archive, files, source.archiveFolder);
  await makeFolder(folder);
  const written = wanted.map((name) => join(folder, name));
  for (const [i, path] of written.entries()) await writeFileAtomic(path, named(contents, at(wanted, i)));
  await rm(archive);
  return written;
}

async function get(source: Download, to: string, { mirror, progress, retryDelayMs }: FetchOptions): Promise<void> {
  const file = basename(to);
  const url = mirror === undefined ? source.url : `${mirror.replace(/\/$/, '')}/${file}`;
  const report = progress && ((done: number, total: number) => progress(file, done, total));
  await download({ ...source, url, to, retryDelayMs, progress: report });
}

/** Of a tar archive, in bytes. */
const BLOCK = 512;

/**
 * The catalogue's files out of an uncompressed tar archive. Its headers are taken at their word, since a file is known by its
 * SHA-256. Everything else in it is skipped, never written anywhere: no member's name is ever used as a path.
 *
 * @throws SmoothOutError DATA_CORRUPT: a file is missing, or another than the official one.
 */
export function readTarFiles(
  bytes: Uint8Array,
  archive: string,
  files: CatalogueEntry['files'],
  folder = '.',
): Record<string, Uint8Array> {
  const members = new Map<string, Uint8Array>();
  // The end is marked by blocks of zeros.
  for (let header = 0; bytes[header]; ) {
    const field = (from: number, length: number) =>
      Buffer.from(bytes.subarray(header + from, header + from + length))
        .toString('latin1')
        .replace(/\0.*/s, '');
    const size = Number.parseInt(/[0-7]+/.exec(field(124, 12))?.[0] ?? '0', 8);
    const start = header + BLOCK;
    members.set(join(field(345, 155), field(0, 100)), bytes.subarray(start, start + size));
    header = start + BLOCK * Math.ceil(size / BLOCK);
  }
  const wanted = Object.entries(files).map(([name, official]) => {
    const content = members.get(join(folder, name));
    if (content === undefined) throw corrupt(`${archive}: ${join(folder, name)} is not in it`);
    const digest = sha256(content);
    if (digest === official.sha256) return [name, content] as const;
    throw corrupt(`${archive}: ${join(folder, name)} has SHA-256 ${digest}, the official file ${official.sha256}`);
  });
  return Object.fromEntries(wanted);
}
