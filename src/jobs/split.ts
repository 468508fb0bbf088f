/** How the machine is split between the jobs of a command. */
import { availableParallelism } from 'node:os';
import { SmoothOutError } from '../support/errors.js';
import type { Place } from './worker-process.js';

/** What `--jobs` asks for: so many jobs, as many as are fastest, or one on each of these GPUs. */
export type Jobs = number | 'auto' | readonly string[];

const MOST_JOBS = 1024;

/** @throws SmoothOutError USAGE */
export function parseJobs(text: string): Jobs {
  if (text === 'auto') return text;
  // A single number is a number of jobs: one GPU alone is `0,`.
  const names = text.split(',').map((name) => name.trim());
  if (names.length > 1 || /^(GPU|MIG)-/.test(text)) {
    const named = names.at(-1) === '' ? names.slice(0, -1) : names;
    if (named.every((name) => /^(\d+|(GPU|MIG)-[\w/-]+)$/.test(name))) return named;
  }
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_JOBS) return Number(text);
  throw new SmoothOutError('USAGE', `--jobs ${text}: expected a number from 1 to ${MOST_JOBS}, auto, or GPUs`, {
    hint: 'GPUs as in CUDA_VISIBLE_DEVICES, a job on each: 0,1 or GPU-8932f937,GPU-15d3f1a2 (and 0, for the first alone).',
  });
}

/**
 * The share of each of `count` jobs. It depends on the command alone, and not on how many runs are left: a run that is
 * resumed has as many threads as when it began.
 *
 * @param threads of each job, where that is chosen too.
 */
export function placesFor(count: number, threads = shareOf(count)): Place[] {
  return Array.from({ length: count }, () => ({ threads, env: {} }));
}

const shareOf = (count: number) => Math.max(1, Math.floor(availableParallelism() / count));

/** A job on each of the GPUs; one that is named twice is shared. */
export function placesOn(gpus: readonly string[], threads = shareOf(gpus.length)): Place[] {
  return gpus.map((gpu) => ({ threads, env: { CUDA_VISIBLE_DEVICES: gpu } }));
}
