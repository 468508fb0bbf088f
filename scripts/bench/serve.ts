/** Answers the requests of protocol.ts in a process of Node.js. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Ran, Reply, Request, Task } from './protocol.js';

export interface Work {
  readonly compileSeconds: number;
  run(times: number, untimed: number): Promise<Ran>;
}

export type Prepare = (task: Task) => Promise<Work>;

/** Until `requests` ends. Output is done by `replies` alone: nothing else may write there. */
export async function serve(requests: Readable, replies: Writable, prepare: Prepare): Promise<void> {
  const works = new Map<string, Work>();
  for await (const line of createInterface({ input: requests })) {
    const reply = await answer(JSON.parse(line) as Request, works, prepare).catch((error: unknown) => {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    });
    replies.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(request: Request, works: Map<string, Work>, prepare: Prepare): Promise<Reply> {
  if (request.do === 'memory') return { bytes: await peakResidentBytes() };
  if (request.do === 'prepare') {
    const work = await prepare(request.task);
    works.set(request.name, work);
    return { seconds: work.compileSeconds };
  }
  const work = works.get(request.name);
  if (!work) throw new Error(`nothing is prepared under the name ${request.name}`);
  return work.run(request.times, request.untimed);
}

/** Linux counts it from the start of the program; elsewhere what there is (getrusage) may include the parent's. */
async function peakResidentBytes(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match ? 1024 * Number(match[1]) : null;
}
