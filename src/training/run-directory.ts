/** A run's folder: where its files are, and who may write there. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { asWriteError, makeFolder, removeStaleTemporaries } from '../support/files.js';

export interface RunPaths {
  readonly folder: string;
  /** The resolved config of this one run: `smoothout run` of this file repeats it. */
  readonly config: string;
  readonly record: string;
  readonly metrics: string;
  /** Parameters and batch statistics at the best validation epoch. */
  readonly best: string;
  /** The same at the last epoch, with the optimizer's state: what a resume needs. */
  readonly last: string;
  readonly sharpness: string;
  readonly lock: string;
}

/** The files of the run in `folder`. */
export function runPathsIn(folder: string): RunPaths {
  return {
    folder,
    config: join(folder, 'config.yaml'),
    record: join(folder, 'run.json'),
    metrics: join(folder, 'metrics.jsonl'),
    best: join(folder, 'best.safetensors'),
    last: join(folder, 'last.safetensors'),
    sharpness: join(folder, 'sharpness.json'),
    lock: join(folder, 'run.lock.json'),
  };
}

/** `<output>/runs/<experiment>/<label of the method>/seed-<n>`. The names are checked by the config's schema. */
export function runPaths(
  output: string,
  { experiment, method, seed }: { experiment: string; method: { label: string }; seed: number },
): RunPaths {
  return runPathsIn(join(output, 'runs', experiment, method.label, `seed-${seed}`));
}

/**
 * Makes the folder where there is none, locks it, and clears away what a killed process left unfinished.
 *
 * @throws SmoothOutError RUN_LOCKED, NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function openRun(paths: RunPaths): Promise<Lock> {
  await makeFolder(paths.folder);
  const lock = await acquireLock(paths.lock);
  try {
    await removeStaleTemporaries(paths.folder);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
}

/** Removes the files of an earlier run, for a start from scratch. The folder must be locked. */
export async function clearRun(paths: RunPaths): Promise<void> {
  // The record goes first: without it, whatever a kill leaves of the others counts as no run.
  for (const path of [paths.record, paths.last, paths.best, paths.metrics, paths.sharpness, paths.config]) {
    await rm(path, { force: true });
  }
}

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
  // Linking a finished file into place either makes the lock with its contents or fails: no reader sees half of one.
  const mine = path.replace(/\.lock\.json$/, `.${me.token}.lock.json`);
  try {
    await writeFile(mine, `${JSON.stringify(me)}\n`, { flag: 'wx' });
    if (!(await linked(mine, path))) await takeOver(path, mine);
  } catch (error) {
    throw asWriteError(error, path);
  } finally {
    await rm(mine, { force: true });
  }
  return {
    async release() {
      if ((await readHolder(path))?.token === me.token) await rm(path, { force: true });
    },
  };
}

/** Replaces the lock of a dead process. */
async function takeOver(path: string, mine: string): Promise<void> {
  const holder = await readHolder(path);
  if (holder === null) {
    if (await linked(mine, path)) return;
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

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
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
