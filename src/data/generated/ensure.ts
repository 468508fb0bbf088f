import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../support/files.js';
import type { DatasetName } from '../catalogue.js';
import { dataWriteError } from '../write-error.js';
import { GENERATED_COUNTS, writeGenerated } from './files.js';

/** Raised whenever a generator draws anything differently: stand-ins of another version are made anew. */
const GENERATOR_VERSION = 1;

/** Written last; says what made the folder. */
const MARK = 'generated.json';

export interface GenerateOptions {
  /** Makes it anew even if it is there. */
  readonly force?: boolean;
  readonly progress?: (done: number, total: number) => void;
}

/** Where a data set's stand-in is. */
export function generatedFolder(root: string, name: DatasetName): string {
  return join(root, 'generated', name);
}

/** Whether the stand-in is there, whole and of this version. */
export async function isGenerated(root: string, name: DatasetName): Promise<boolean> {
  const found = await readFile(join(generatedFolder(root, name), MARK), 'utf8').catch(() => undefined);
  return found === mark(name);
}

/**
 * Makes a data set's stand-in unless it is there; returns its folder. The folder appears whole or not at all, and
 * processes that make it at the same time make the same bytes: one of them wins, all go on.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function ensureGenerated(
  root: string,
  name: DatasetName,
  { force = false, progress }: GenerateOptions = {},
): Promise<{ readonly folder: string; readonly made: boolean }> {
  const folder = generatedFolder(root, name);
  if (!force && (await isGenerated(root, name))) return { folder, made: false };
  try {
    await makeFolder(join(root, 'generated'));
    await removeAbandoned(join(root, 'generated'));
    const temporary = temporaryName(root, name);
    await mkdir(temporary);
    try {
      await writeGenerated(name, temporary, progress);
      await writeFile(join(temporary, MARK), mark(name));
      await moveIntoPlace(temporary, folder, async () => !force && (await isGenerated(root, name)));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    throw dataWriteError(error, folder);
  }
  return { folder, made: true };
}

/** Renames a folder, putting aside what is there unless it is as good. */
async function moveIntoPlace(from: string, to: string, isAsGood: () => Promise<boolean>): Promise<void> {
  for (;;) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    }
    if (await isAsGood()) return;
    const aside = from.replace(/\.tmp$/, '.old.tmp');
    // Another process may have put it aside already: then the next round of the loop finds out.
    await rename(to, aside).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(aside, { recursive: true, force: true });
  }
}

/** A sibling of the folder to be, so that it can be renamed into place. */
function temporaryName(root: string, name: DatasetName): string {
  return join(root, 'generated', `.${name}.${randomBytes(6).toString('hex')}.tmp`);
}

const ABANDONED_MS = 3_600_000;

/** Removes what killed processes left an hour ago or longer: drawing takes seconds. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => /^\..+\.tmp$/.test(each))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

function mark(name: DatasetName): string {
  return `${JSON.stringify({ dataset: name, generator: GENERATOR_VERSION, ...GENERATED_COUNTS[name] })}\n`;
}
