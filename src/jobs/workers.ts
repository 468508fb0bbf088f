/** The workers of a command, one for each job, started when they are needed. */
import { SmoothOutError } from '../support/errors.js';
import type { WorkerSettings } from './messages.js';
import type { Perform } from './tasks.js';
import { type Share, startWorker, WorkerCrash, type WorkerProcess } from './worker-process.js';

export interface Workers {
  /** How many tasks they can carry out at once. */
  readonly count: number;
  /** Has a free worker carry a task out; there must be one. @throws what the task throws, and WorkerCrash. */
  readonly perform: Perform;
  /** Asks those that are busy to save and stop. */
  readonly stop: () => void;
  /** Ends all of them, at once. */
  readonly dispose: () => void;
}

interface Job {
  readonly share: Share;
  worker?: WorkerProcess;
  isBusy: boolean;
}

export function openWorkers(
  shares: readonly Share[],
  settings: WorkerSettings,
  signal: AbortSignal,
  onOutput: (text: string) => void,
): Workers {
  const jobs: readonly Job[] = shares.map((share) => ({ share, isBusy: false }));
  let isOpen = true;
  const stop = () => {
    for (const { worker, isBusy } of jobs) if (isBusy) worker?.stop();
  };
  const kill = () => {
    for (const { worker } of jobs) worker?.kill();
  };
  signal.addEventListener('abort', stop);
  // Whatever ends this process, none of them may go on alone: a second interrupt, above all.
  process.on('exit', kill);
  return {
    count: shares.length,
    async perform(kind, given, events) {
      signal.throwIfAborted();
      if (!isOpen) throw new Error('a task was given to workers that have been dismissed');
      const job = jobs.find(({ isBusy }) => !isBusy);
      if (job === undefined) throw new Error('a task was given to workers that are all busy');
      if (!job.worker?.isAlive()) job.worker = startWorker(settings, job.share, onOutput);
      job.isBusy = true;
      try {
        return await job.worker.perform(kind, given, events);
      } catch (error) {
        const code = error instanceof SmoothOutError ? error.code : null;
        // With what is on the GPU, nothing can be computed any more.
        if (code === 'GPU_FAILED') job.worker.kill();
        // One that was stopped ends.
        if (code === 'INTERRUPTED' || code === 'GPU_FAILED') delete job.worker;
        throw error;
      } finally {
        job.isBusy = false;
      }
    },
    stop,
    dispose() {
      isOpen = false;
      signal.removeEventListener('abort', stop);
      process.off('exit', kill);
      kill();
    },
  };
}

/** Tries once more what a worker crashed at; `onCrash` is told why, before that. */
export async function withRetry<T>(
  signal: AbortSignal,
  attempt: () => Promise<T>,
  onCrash: (why: string) => void,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof WorkerCrash) || signal.aborted) throw error;
    onCrash(error.message);
    return attempt();
  }
}
