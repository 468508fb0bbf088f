/** A layer below files that fails at its nth operation: what a test gives `vi.mock('node:fs/promises')`. */
import type { FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/**
 * How an operation fails: with an error of the system; `half`: it writes a half and says that it wrote all; `kill`: it and
 * all that follow do nothing any more, as when the process is killed; `halfKill`: the same after a half.
 */
export const FAULTS = ['ENOSPC', 'EDQUOT', 'EIO', 'EINTR', 'half', 'kill', 'halfKill'] as const;
export type Fault = (typeof FAULTS)[number];

interface Armed {
  as: Fault;
  /** The operation that fails; 1 is the next. */
  left: number;
  /** How many fail, one after another. */
  lasts: number;
}

/** What is to fail; `left` counts on below 1. */
export const fault: Armed = { as: 'EIO', left: Number.POSITIVE_INFINITY, lasts: 1 };

export const disarm = () => Object.assign(fault, { left: Number.POSITIVE_INFINITY, lasts: 1 });

type Operation = (...args: never[]) => Promise<unknown>;

const faulty =
  (operation: Operation, half: Operation = operation): Operation =>
  async (...args) => {
    const late = 1 - --fault.left;
    const isKilled = fault.as === 'kill' || fault.as === 'halfKill';
    if (late < 1 || (late > fault.lasts && !isKilled)) return operation(...args);
    if (late === 1 && fault.as === 'half') return half(...args);
    if (late === 1 && fault.as === 'halfKill') {
      const done = (await half(...args).catch(() => {})) as Partial<FileHandle> | undefined;
      await done?.close?.();
    }
    // What waits without end must not starve the timers of the test.
    await setTimeout(0);
    throw Object.assign(new Error(`${fault.as}: injected`), { code: isKilled ? 'EIO' : fault.as });
  };

const NAMES = ['access', 'link', 'mkdir', 'readFile', 'readdir', 'rename', 'rm', 'stat'] as const;

/** `node:fs/promises`, failing as `fault` says. */
export function faultyFiles(real: typeof import('node:fs/promises')) {
  type Writer = (...args: [...never[]]) => Promise<void>;
  const open = async (...args: Parameters<typeof real.open>) => {
    const handle = await real.open(...args);
    const write = handle.writeFile.bind(handle) as Writer;
    const half = (data: Uint8Array) => write(data.slice(0, data.length / 2) as never);
    handle.writeFile = faulty(write, half as Operation) as never;
    for (const name of ['sync', 'datasync', 'stat'] as const) {
      handle[name] = faulty(handle[name].bind(handle) as Operation) as never;
    }
    return handle;
  };
  const halfOfFile = (path: string, data: string, options: object) =>
    real.writeFile(path, data.slice(0, data.length / 2), options);
  return {
    ...real,
    ...Object.fromEntries(NAMES.map((name) => [name, faulty(real[name] as Operation)])),
    writeFile: faulty(real.writeFile as Operation, halfOfFile as Operation),
    open: faulty(open as Operation),
  };
}
