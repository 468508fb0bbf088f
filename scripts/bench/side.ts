/** A side from the outside: a child process that is asked one thing at a time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import type { Memory, Prepared, Ran, Reply, Request, Task } from './protocol.js';

export interface Side {
  prepare(name: string, task: Task): Promise<Prepared>;
  run(name: string, times: number, untimed: number): Promise<Ran>;
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

/** A side's process is gone: where memory is short, the system ends the largest. */
export class SideEnded extends Error {}

export function startOurs(engine: 'onnx' | 'tensorflow' = 'onnx'): Side {
  return startSide(process.execPath, ['--import', 'tsx', scriptPath('ours.ts'), engine], process.env);
}

export const scriptPath = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What the process says on stderr is shown. @throws (from each request) what went wrong in the process. */
export function startSide(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Side {
  const child = spawn(command, args, { cwd: PACKAGE_FOLDER, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // A process that ended is reported by the reply that does not come.
  child.stdin.on('error', () => undefined);

  async function ask<T extends Reply>(request: Request): Promise<T> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await replies.next();
    if (done) {
      const [status, signal] = await exited;
      throw new SideEnded(`${command} ended without an answer (${signal ?? `status ${status}`}): ${describe(request)}`);
    }
    const reply = JSON.parse(value) as Reply;
    if ('error' in reply) throw new Error(`${describe(request)}: ${reply.error}`);
    return reply as T;
  }

  return {
    prepare: (name, task) => ask<Prepared>({ do: 'prepare', name, task }),
    run: (name, times, untimed) => ask<Ran>({ do: 'run', name, times, untimed }),
    memory: () => ask<Memory>({ do: 'memory' }),
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

const describe = (request: Request) => ('name' in request ? `${request.do} ${request.name}` : request.do);
