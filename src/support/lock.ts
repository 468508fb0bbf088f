/** A lock that is a file: one process at a time holds it, and one that died holding it is found dead by the next. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { SmoothOutError } from './errors.js';
import { asWriteError } from './files.js';

export interface Lock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Linux: changes with every start of the machine. */
  readonly bootId: string | null;
  /** Linux: when the process started, in ticks since the machine did: tells two uses of one pid apart. */
  readonly processStart: string | null;
  readonly since: string;
  readonly token: string;
}

/**
 * Takes the lock at `path` (`*.lock.json`): one process at a time writes in a run's folder. The lock is a file that names
 * its holder; whoever dies without removing it is found dead by the next one, which takes its place.
 *
 * @throws SmoothOutError RUN_LOCKED: a living process has it, or one on another machine, about which nothing is known.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    processStart: processState(process.pid)?.start ?? null,
    since: new Date().toISOString(),
    token: randomBytes(12).toString('hex'),
  };
  const mine = path.replace(/\.lock\.json$/, `.${me.token}.lock.json`);
  try {
    await writeFile(mine, `${JSON.stringify(me)}\n`, { flag: 'wx' });
    if (!(await isTaken(mine, path))) await takeOver(path, mine);
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await rm(mine, { force: true }).catch(() => {});
  }
  return {
    async release() {
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
const NO_LINKS: readonly unknown[] = [
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EXDEV',
  'EMLINK',
  'EACCES',
];

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
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
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

/** Null where the lock has just been released. */
async function readHolder(path: string): Promise<Holder | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const holder = JSON.parse(text) as Holder;
    if (Number.isSafeInteger(holder.pid) && typeof holder.host === 'string') return holder;
  } catch {
    // Told below, like any other contents that are no lock's.
  }
  throw new SmoothOutError('RUN_LOCKED', `${path}: not readable as a lock`, {
    hint: 'If no other smoothout is writing in this folder, delete that file.',
  });
}

/** True only where it is certain: the same machine, and either it was started anew or the process is gone. */
function isDead({ pid, host, bootId: boot, processStart }: Holder): boolean {
  if (host !== hostname()) return false;
  if (boot !== null && boot !== bootId()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const state = processState(pid);
  // A zombie answers signals though it will never run again.
  return state !== null && (state.code === 'Z' || (processStart !== null && processStart !== state.start));
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

function processState(pid: number): { code: string; start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may hold anything; the state is the third, the start the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { code: fields[0]!, start: fields[19]! };
  } catch {
    return null;
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
 * Takes a lock that is held for moments only, as while a file is read, changed and written: waits for its holder.
 *
 * @param seconds how long it waits.
 * @param onWait is told once, where there is a holder, who it is.
 * @throws SmoothOutError RUN_LOCKED where it is still held then.
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
