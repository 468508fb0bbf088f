/** A lock that is a file: one process at a time holds it, and one that died holding it is found dead by the next. */
import { link, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { SmoothOutError } from './errors.js';
import { asWriteError, checkKept, codeOf, temporaryFor, UNSUPPORTED } from './files.js';
import { type Holder, holderHere, isDead, readHolder } from './lock-holder.js';

export interface Lock {
  release(): Promise<void>;
}

/** How often a holder touches its lock. Other machines cannot see its process: to them this is the sign of life. */
const HEARTBEAT_SECONDS = 15;

/**
 * Takes the lock at `path` (`*.lock.json`), which names its holder.
 *
 * @throws SmoothOutError RUN_LOCKED: a living process has it, or one on another machine, about which nothing is known.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const me = holderHere();
  const mine = temporaryFor(path);
  try {
    const text = `${JSON.stringify(me)}\n`;
    await writeFile(mine, text, { flag: 'wx' });
    checkKept(await stat(mine), Buffer.byteLength(text), path);
    if (!(await isTaken(mine, path))) await takeOver(path, mine);
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await rm(mine, { force: true }).catch(() => {});
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that somebody has deleted, or a disk that is away for a moment, must not end what its holder does.
    utimes(path, now, now).catch(() => {});
  }, 1000 * HEARTBEAT_SECONDS).unref();
  return {
    async release() {
      clearInterval(heartbeat);
      try {
        if ((await readHolder(path))?.token === me.token) await rm(path, { force: true });
      } catch (error) {
        throw asWriteError(error, path);
      }
    },
  };
}

/** Replaces the lock of a dead process. */
async function takeOver(path: string, mine: string): Promise<void> {
  const holder = await readHolder(path);
  if (holder === null) {
    if (await isTaken(mine, path)) return;
    throw locked(path, await readHolder(path));
  }
  if (!isDead(holder)) throw locked(path, holder);
  // Among several that find the same dead holder, one gets to replace it. The second look is for those that come late.
  const breaking = await acquireLock(path.replace(/\.lock\.json$/, '.break.lock.json'));
  try {
    const current = await readHolder(path);
    if (current?.token !== holder.token) throw locked(path, current);
    await rename(mine, path);
  } finally {
    await breaking.release();
  }
}

/** What `link` says on exFAT, FAT, and many network and container mounts. */
const NO_LINKS = [...UNSUPPORTED, 'EXDEV', 'EMLINK'];

/**
 * Whether the lock was free and is now ours. Linking a finished file into place makes it with its contents, so that no
 * reader sees half of one. Without hard links it is made and then filled: one process still makes it, and those that see
 * it in between are refused, as by any lock that cannot be read.
 */
async function isTaken(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path).catch(async (error) => {
      if (!NO_LINKS.includes(error.code)) throw error;
      await makeFilled(path, await readFile(mine));
    });
    return true;
  } catch (error) {
    // ENOENT: whoever has the lock has cleared the folder, and with it `mine`.
    if (['EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

async function makeFilled(path: string, contents: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(contents);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function locked(path: string, holder: Holder | null): SmoothOutError {
  if (holder === null) return new SmoothOutError('RUN_LOCKED', `${path}: another process is just taking this lock`);
  const { pid, host, since } = holder;
  const here = host === hostname();
  return new SmoothOutError(
    'RUN_LOCKED',
    `${path}: in use by process ${pid}${here ? '' : ` on ${host}`} since ${since}`,
    {
      hint: here
        ? `Wait for it to end, or stop it (kill ${pid}).`
        : `Wait for it to end. If it has died, delete that file: from here there is no telling.`,
    },
  );
}

/** Longer than any rewriting of a small file takes. */
const WAIT_SECONDS = 10;

/**
 * Takes a lock that is held for moments only, as while a file is read, changed and written: waits for its holder, and tells
 * `onWait` once who that is.
 *
 * @throws SmoothOutError RUN_LOCKED where it is still held after so many seconds.
 */
export async function waitForLock(path: string, seconds = WAIT_SECONDS, onWait?: (why: string) => void): Promise<Lock> {
  const until = performance.now() + 1000 * seconds;
  for (let waits = 0; ; waits++) {
    try {
      return await acquireLock(path);
    } catch (error) {
      const isHeld = error instanceof SmoothOutError && error.code === 'RUN_LOCKED';
      if (!isHeld || performance.now() > until) throw error;
      if (waits === 0) onWait?.(error.message);
      // Not in step with the others that wait.
      await setTimeout(10 + 40 * Math.random());
    }
  }
}
