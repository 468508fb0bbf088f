/** Which code a result comes from. */

import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sha256 } from './digest.js';

const run = promisify(execFile);

/** The folder of this package's package.json: the same number of folders above `src` and `dist`. */
export const PACKAGE_FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Versions of this package, Node.js and what computes. A package that is not installed is null. */
export async function versions(): Promise<Record<string, string | null>> {
  const require = createRequire(import.meta.url);
  const [smoothout, tfjs, onnxruntime] = await Promise.all([
    versionIn(() => join(PACKAGE_FOLDER, 'package.json')),
    versionIn(() => require.resolve('@tensorflow/tfjs/package.json')),
    versionIn(() => require.resolve('onnxruntime-node/package.json')),
  ]);
  return { smoothout, node: process.versions.node, tfjs, onnxruntime };
}

/** What `npm run build` writes the commit to. */
export const COMMIT_FILE = join(PACKAGE_FOLDER, 'dist', 'commit.txt');

/**
 * The commit of this code, twelve digits, with "-dirty" where tracked files had changed: of its repository, or where there
 * is none (an installed package) of the build. Null where neither says.
 */
export async function gitCommit(): Promise<string | null> {
  const built = () => readFile(COMMIT_FILE, 'utf8').then((text) => text.trim() || null);
  return (await repositoryCommit()) ?? built().catch(() => null);
}

/** The commit that this package's own repository is at; null outside one. */
export async function repositoryCommit(): Promise<string | null> {
  const git = async (...args: string[]) => (await run('git', ['-C', PACKAGE_FOLDER, ...args])).stdout.trim();
  try {
    // Installed below somebody else's repository, that one's commit says nothing about this code.
    const top = await git('rev-parse', '--show-toplevel');
    if ((await realpath(top)) !== (await realpath(PACKAGE_FOLDER))) return null;
    const [commit, changes] = await Promise.all([
      git('rev-parse', '--short=12', 'HEAD'),
      git('--no-optional-locks', 'status', '--porcelain', '--untracked-files=no'),
    ]);
    return changes === '' ? commit : `${commit}-dirty`;
  } catch {
    return null;
  }
}

/** What a process runs as, and on. */
export interface ProcessFacts {
  /** The arguments of the command, or of the program that uses this package. */
  readonly command: readonly string[];
  /** SHA-256 of package-lock.json, which says every dependency's version; null where there is none (an installed package). */
  readonly lockfile: string | null;
  readonly processor: string;
  /** Threads of one operation: sums are shared out between them, so results of other numbers differ in their last bits. */
  readonly threads: number;
}

export async function processFacts(threads = availableParallelism()): Promise<ProcessFacts> {
  const lockfile = await readFile(join(PACKAGE_FOLDER, 'package-lock.json')).catch(() => null);
  return {
    command: process.argv.slice(2),
    lockfile: lockfile && sha256(lockfile),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads,
  };
}

async function versionIn(find: () => string): Promise<string | null> {
  try {
    return (JSON.parse(await readFile(find(), 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}
