/** `--jobs`: where a command's tasks are carried out, in this process or by workers. */
import { availableParallelism } from 'node:os';
import type { RunSpec } from '../config/schema.js';
import { candidates, fastestSplit, type Jobs, nameOf, sharesFor, sharesOn } from '../jobs/split.js';
import type { Share } from '../jobs/worker-process.js';
import { openWorkers, type Workers } from '../jobs/workers.js';
import type { Session } from '../session/session.js';
import { SmoothOutError } from '../support/errors.js';
import { log } from './output.js';

export interface JobsOptions {
  readonly jobs?: Jobs;
  readonly threads?: number;
  readonly data?: string;
}

/** What is to be done, as far as `--jobs auto` needs it. */
interface Workload {
  /** What is not finished; the first is measured. */
  readonly specs: readonly RunSpec[];
  /** How many threads a run has that was begun before and is resumed. */
  readonly threads?: number | undefined;
}

/**
 * Opens the workers that `--jobs` asks for, and closes them whatever happens. It gives null where this process is to carry
 * the tasks out itself, one after another.
 *
 * @throws SmoothOutError USAGE for a list of GPUs where CUDA does not compute.
 */
export async function withJobs<T>(
  session: Session,
  options: JobsOptions,
  workload: Workload,
  use: (workers: Workers | null) => Promise<T>,
): Promise<T> {
  // A worker's stderr can be read, where ONNX Runtime tells of errors of the GPU (engine/onnx/webgpu/device-errors.ts).
  if ((options.jobs ?? 1) === 1 && session.engine.device !== 'webgpu') return use(null);
  const open = workersFor(session, options);
  const workers = open(await sharesOf(session, options, workload, open));
  return use(workers).finally(workers.dispose);
}

/** Opens workers that compute as the session does. */
export function workersFor({ engine: { name: engine, device }, signal }: Session, { data }: JobsOptions) {
  const settings = { engine, device, ...(data !== undefined && { data }) };
  return (shares: readonly Share[]) => openWorkers(shares, settings, signal, (text) => log(text.trimEnd()));
}

/** The share of each job. @throws SmoothOutError USAGE for a list of GPUs where CUDA does not compute. */
export async function sharesOf(
  { engine: { device } }: Session,
  { jobs = 1, threads }: JobsOptions,
  { specs, threads: before }: Workload,
  open: (shares: readonly Share[]) => Workers,
): Promise<Share[]> {
  if (typeof jobs === 'number') return sharesFor(jobs, threads);
  if (jobs !== 'auto') {
    if (device === 'cuda') return sharesOn(jobs, threads);
    throw new SmoothOutError('USAGE', `--jobs ${jobs.join()}: a list is of GPUs that CUDA computes on, not ${device}`, {
      hint: 'Give a number of jobs.',
    });
  }
  const [spec] = specs;
  if (spec === undefined) return sharesFor(1, threads);
  if (before !== undefined && threads === undefined && device === 'cpu') {
    const shares = sharesFor(Math.max(1, Math.floor(availableParallelism() / before)), before);
    log(`--jobs auto: ${nameOf(shares)}, as what goes on was begun`);
    return shares;
  }
  const counts = candidates(device === 'cpu' ? 'cpu' : 'gpu', specs.length);
  return fastestSplit({ spec, counts, threads, open, log });
}
