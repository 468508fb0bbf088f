/** `--jobs`: where a command's tasks are carried out, in this process or by workers. */
import { availableParallelism } from 'node:os';
import type { RunSpec } from '../config/schema.js';
import { candidates, fastestSplit, type Jobs, nameOf, placesFor, placesOn } from '../jobs/split.js';
import type { Perform } from '../jobs/tasks.js';
import type { Place } from '../jobs/worker-process.js';
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
  /** Of what was begun before and goes on. */
  readonly threads?: number | undefined;
}

/** Who carries tasks out, `lanes` of them at once. */
interface Performers {
  readonly perform: Perform;
  readonly lanes: number;
  /** How long a run's folder is waited for. */
  readonly lockSeconds: number;
  /** Asks all that are under way to save and stop. */
  readonly stop: () => void;
}

/** A worker whose command was killed leaves its run's folder after its step. */
const LOCK_SECONDS = 30;

/** @throws SmoothOutError USAGE for a list of GPUs where CUDA does not compute. */
export async function withJobs<T>(
  session: Session,
  options: JobsOptions,
  workload: Workload,
  use: (performers: Performers) => Promise<T>,
): Promise<T> {
  const { jobs = 1 } = options;
  // A worker's stderr can be read, where ONNX Runtime tells of errors of the GPU (engine/onnx/webgpu/device-errors.ts).
  if (jobs === 1 && session.engine.device !== 'webgpu') {
    const { performHere } = await import('../jobs/tasks.js');
    return use({ perform: performHere(session), lanes: 1, lockSeconds: 0, stop: () => {} });
  }
  const open = workersFor(session, options);
  const places = await placesOf(session, options, workload, open);
  const workers = open(places);
  const { perform, stop } = workers;
  return use({ perform, lanes: places.length, lockSeconds: LOCK_SECONDS, stop }).finally(workers.dispose);
}

/** Opens workers that compute as the session does. */
export function workersFor({ engine: { name: engine, device }, signal }: Session, { data }: JobsOptions) {
  const settings = { engine, device, ...(data !== undefined && { data }) };
  return (places: readonly Place[]) => openWorkers(places, settings, signal, (text) => log(text.trimEnd()));
}

/** What each job has to itself. @throws SmoothOutError USAGE for a list of GPUs where CUDA does not compute. */
export async function placesOf(
  { engine: { device } }: Session,
  { jobs = 1, threads }: JobsOptions,
  { specs, threads: before }: Workload,
  open: (places: readonly Place[]) => Workers,
): Promise<Place[]> {
  if (typeof jobs === 'number') return placesFor(jobs, threads);
  if (jobs !== 'auto') {
    if (device === 'cuda') return placesOn(jobs, threads);
    throw new SmoothOutError('USAGE', `--jobs ${jobs.join()}: a list is of GPUs that CUDA computes on, not ${device}`, {
      hint: 'Give a number of jobs.',
    });
  }
  const [spec] = specs;
  if (spec === undefined) return placesFor(1, threads);
  if (before !== undefined && threads === undefined && device === 'cpu') {
    const places = placesFor(Math.max(1, Math.floor(availableParallelism() / before)), before);
    log(`--jobs auto: ${nameOf(places)}, as what goes on was begun`);
    return places;
  }
  const counts = candidates(device === 'cpu' ? 'cpu' : 'gpu', specs.length);
  return fastestSplit({ spec, counts, threads, open, log });
}
