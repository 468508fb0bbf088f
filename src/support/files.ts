/**
 * Files that are there whole or not at all. A crash, a kill or a full disk at any moment leaves the old contents or the
 * new, never neither and never a part.
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ErrorCode, SmoothOutError } from './errors.js';

/** No file that anything else looks for starts with a dot and ends like this. */
export const isTemporary = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

/** A new name in the file's folder for what is to become the file. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/**
 * Replaces the file's contents, or makes it: a temporary file in the same folder is written, flushed to the disk and
 * measured, then renamed over the old one, and the folder is flushed.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE: the old contents are untouched.
 */
export async function writeFileAtomic(path: string, contents: string | Uint8Array): Promise<void> {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  const temporary = temporaryFor(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
      checkKept(await file.stat(), bytes.length, path);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw asWriteError(error, path);
  }
}

/** Near a full disk some file systems accept a write and keep less of it. @throws SmoothOutError NO_SPACE */
export function checkKept({ size }: { readonly size: number }, expected: number, path: string): void {
  if (size !== expected) throw writeError('ENOSPC', path, `only ${size} of ${expected} bytes were kept`);
}

/** Makes the folder and those above it. @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(resolve(path));
  } catch (error) {
    throw asWriteError(error instanceof SmoothOutError ? error.cause : error, path);
  }
}

/** `mkdir` with `recursive` would try for ever where the system says that an existing folder's child has no parent (/proc). */
async function makeWithParents(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (!(await exists(parent))) await makeWithParents(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (codeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  }
}

/** @throws SmoothOutError `code` where that cannot be found out, as below a folder that may not be entered. */
type IsThere = (path: string, code?: ErrorCode) => Promise<boolean>;

const isThere =
  (is: (found: Stats) => boolean): IsThere =>
  (path, code) =>
    stat(path).then(is, (error: unknown) => {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error) ?? '')) return false;
      throw asReadError(error, path, code);
    });

export const isFolder = isThere((found) => found.isDirectory());
export const isFile = isThere((found) => found.isFile());
/** @throws SmoothOutError FILE_UNREADABLE, as these. */
export const exists = (path: string): Promise<boolean> => isThere(() => true)(path);

/** Removes what killed processes left here of files and locks; nobody may be writing. @throws SmoothOutError OUTPUT_UNWRITABLE */
export async function removeStaleTemporaries(folder: string): Promise<void> {
  try {
    const names = (await readdir(folder)).filter(isTemporary);
    await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
  } catch (error) {
    throw asWriteError(error, folder);
  }
}

/** The file's text, or null where there is no such file. @throws SmoothOutError FILE_UNREADABLE */
export async function readTextIfExists(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw asReadError(error, path);
  }
}

/** The file's value, not checked any further. @throws SmoothOutError `code`: it cannot be read or is not JSON. */
export async function readJson(path: string, code: ErrorCode): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw asReadError(error, path, code);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SmoothOutError(code, `${path}: not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const READ_REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'it cannot be read: permission denied',
  EPERM: 'it cannot be read: permission denied',
  EISDIR: 'it is a folder, expected a file',
  ENOTDIR: 'a part of this path is a file, not a folder',
  ELOOP: 'its symbolic links lead in a circle',
  EIO: 'the disk failed to read it',
  ERR_INVALID_ARG_VALUE: 'no path can hold a NUL character',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than the 2 GiB that can be read',
};

/** Turns what the system says of a file that cannot be read into the error that the user should see; others pass. */
export function asReadError(error: unknown, path: string, code: ErrorCode = 'FILE_UNREADABLE'): unknown {
  if (error instanceof SmoothOutError) return error;
  const said = codeOf(error);
  if (said === undefined) return error;
  const what = READ_REASONS[said] ?? `it cannot be read (${said})`;
  return new SmoothOutError(code, `${printable(path)}: ${what}`, { cause: error });
}

/** Characters that a terminal would obey are shown escaped. */
const printable = (path: string): string =>
  path.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Turns a failed write into the error that the user should see; other errors pass unchanged. */
export function asWriteError(error: unknown, path: string): unknown {
  if (error instanceof SmoothOutError) return error;
  const code = codeOf(error);
  return code === undefined ? error : writeError(code, path, undefined, error);
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than this process may write',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EEXIST: 'a file is in the way of the folder',
  EISDIR: 'a folder is in the way of the file',
  ELOOP: 'its symbolic links lead in a circle',
  ERR_INVALID_ARG_VALUE: 'no path can hold a NUL character',
};

function writeError(code: string, path: string, detail?: string, cause?: unknown): SmoothOutError {
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new SmoothOutError(
    full ? 'NO_SPACE' : 'OUTPUT_UNWRITABLE',
    `cannot write ${printable(path)}: ${detail ?? REASONS[code] ?? code}`,
    {
      hint: full
        ? 'Free some space and run the same command again: a run goes on from its last checkpoint.'
        : 'Make that place writable, or choose another.',
      cause,
    },
  );
}

/** What a file system, or the system, says of an operation that it does not have. */
export const UNSUPPORTED: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EACCES'];

/** What it says where a folder cannot be flushed. */
const NO_FLUSH = [...UNSUPPORTED, 'EISDIR', 'EBADF'];

/** Makes a new name outlive a power cut, where the file system can. The file itself is whole under either name. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (!NO_FLUSH.includes(codeOf(error))) throw error;
  }
}

/** What the system calls an error: 'ENOENT', …; undefined where it is none of the system's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
