/** A worker as the command that started it sees it: a process that is given one task at a time. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { last } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { openStderrFile } from '../support/native-stderr.js';
import { errorOf, type Reply, type Request, type WorkerSettings } from './messages.js';
import type { Perform } from './tasks.js';

const PROGRAM = fileURLToPath(new URL('./worker.js', import.meta.url));

/** A job's share of the machine: threads of the CPU, and a GPU where there are several. */
export interface Share {
  readonly threads: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface WorkerProcess {
  readonly perform: Perform;
  /** Asks it to save and stop. */
  readonly stop: () => void;
  /** Ends it at once, whatever it is doing. */
  readonly kill: () => void;
  /** Whether it can be given another task. */
  readonly isAlive: () => boolean;
}

/** A worker ended in the middle of a task. */
export class WorkerCrash extends SmoothOutError {
  constructor(pid: number | undefined, end: string, said: string) {
    super('RUN_FAILED', `worker process ${pid} ${end}${said && `: ${said}`}`, {
      ...(end.includes('SIGKILL') && { hint: 'Linux ends a process so when memory runs out: try fewer --jobs.' }),
    });
  }
}

type Listener = (...args: readonly unknown[]) => void;

/** Characters of what a worker has last written to stderr that are kept for a crash. */
const KEPT = 300;

/** @param onOutput is given what the worker, or a library in it, writes to its own stdout and stderr. */
export function startWorker(
  settings: WorkerSettings,
  { threads, env }: Share,
  onOutput: (text: string) => void,
): WorkerProcess {
  // On WebGPU a file, in which the worker looks for errors of the GPU.
  const file = settings.device === 'webgpu' ? openStderrFile() : undefined;
  // The arguments are for the run's record, which names the command that was given.
  const child = fork(PROGRAM, process.argv.slice(2), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', file?.fd ?? 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', onOutput);
  const onSaid = (text: string) => {
    if (text === '') return;
    said = (said + text).slice(-KEPT);
    onOutput(text);
  };
  child.stderr?.setEncoding('utf8').on('data', onSaid);
  if (file) child.on('message', () => onSaid(file.newText()));
  const send = (request: Request) => child.send(request, () => {});
  child.once('exit', () => {
    onSaid(file?.newText() ?? '');
    file?.close();
  });
  return {
    perform: (kind, given, events) =>
      new Promise((resolve, reject) => {
        const onEnd = (status: number | null, signal: NodeJS.Signals | null) => {
          const end = signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
          finish(() => reject(new WorkerCrash(child.pid, end, last(said.trim().split('\n')))));
        };
        const onMessage = (message: Reply<typeof kind>) => {
          if ('event' in message) (events[message.event] as Listener | undefined)?.(...message.args);
          else if ('result' in message) finish(() => resolve(message.result));
          else finish(() => reject(errorOf(message.error)));
        };
        const finish = (settle: () => void) => {
          child.off('message', onMessage).off('exit', onEnd).off('error', onError);
          settle();
        };
        const onError = (error: Error) => finish(() => reject(error));
        child.on('message', onMessage).on('exit', onEnd).on('error', onError);
        send({ settings: { ...settings, threads }, kind, given, events: Object.keys(events) } as Request);
      }),
    stop: () => send('stop'),
    kill: () => child.kill('SIGKILL'),
    isAlive: () => child.exitCode === null && child.signalCode === null,
  };
}
