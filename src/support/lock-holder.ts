/** Who holds a lock, and whether that process still lives. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { at } from './at.js';
import { SmoothOutError } from './errors.js';
import { codeOf, parseJson } from './files.js';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Linux: changes with every start of the machine. */
  readonly bootId: string | null;
  /** Linux: when the process started, in ticks since the machine did: tells two uses of one pid apart. */
  readonly processStart: string | null;
  readonly since: string;
  readonly token: string;
}

/** What this process writes into a lock that it takes. */
export function holderHere(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: bootId(),
    processStart: processState(process.pid)?.start ?? null,
    since: new Date().toISOString(),
    token: randomBytes(12).toString('hex'),
  };
}

/** Who holds the lock at `path`; null where nobody does. @throws SmoothOutError RUN_LOCKED: it is not readable as a lock. */
export async function readHolder(path: string): Promise<Holder | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  const holder = parseJson(text) as Holder | null | undefined;
  if (Number.isSafeInteger(holder?.pid) && typeof holder?.host === 'string') return holder;
  throw new SmoothOutError('RUN_LOCKED', `${path}: not readable as a lock`, {
    hint: 'If no other smoothout is writing in this folder, delete that file.',
  });
}

/** True only where it is certain: the same machine, and either it was started anew or the process is gone. */
export function isDead({ pid, host, bootId: boot, processStart }: Holder): boolean {
  if (host !== hostname()) return false;
  if (boot !== null && boot !== bootId()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'ESRCH';
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
    return { code: at(fields, 0), start: at(fields, 19) };
  } catch {
    return null;
  }
}
