/** Splits the machine between the jobs of a command; for `--jobs auto` it measures which split is fastest. */
import { availableParallelism, freemem } from 'node:os';
import type { RunSpec } from '../config/schema.js';
import { at, last } from '../support/at.js';
import { interrupted, SmoothOutError } from '../support/errors.js';
import { counted } from '../support/words.js';
import type { Practice } from '../training/practice.js';
import type { Share } from './worker-process.js';
import type { Workers } from './workers.js';

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
export function sharesFor(count: number, threads = shareOf(count)): Share[] {
  return Array.from({ length: count }, () => ({ threads, env: {} }));
}

const shareOf = (count: number) => Math.max(1, Math.floor(availableParallelism() / count));

/** A job on each of the GPUs; one that is named twice is shared. */
export function sharesOn(gpus: readonly string[], threads = shareOf(gpus.length)): Share[] {
  return gpus.map((gpu) => ({ threads, env: { CUDA_VISIBLE_DEVICES: gpu } }));
}

/** Each split is measured for this long once all of its workers train, and for two of their steps at least. */
const SECONDS = 3;

/** This part of the measured steps is left out: a process needs a second until it computes small steps at full speed. */
const WARM_UP = 1 / 3;

/** The search ends at a split that reaches less than this part of the best speed: more jobs would be slower still. */
const MUCH_SLOWER = 0.9;

/** Numbers of jobs that are tried on a GPU. */
const GPU_JOBS = [1, 2, 4];

/** Numbers of jobs that could be fastest: those that share the threads out evenly. */
export function candidates(device: 'cpu' | 'gpu', most: number, cores = availableParallelism()): number[] {
  const counts =
    device === 'gpu' ? GPU_JOBS : Array.from({ length: cores }, (_, i) => i + 1).filter((n) => cores % n === 0);
  return counts.filter((count) => count <= Math.max(1, most));
}

interface Splits {
  readonly spec: RunSpec;
  readonly counts: readonly number[];
  /** Of each job, where that is chosen. */
  readonly threads: number | undefined;
  readonly open: (shares: readonly Share[]) => Workers;
  readonly log: (text: string) => void;
}

/** The shares of the fastest split. It logs what it measures, and what it chose. */
export async function fastestSplit({ spec, counts, threads, open, log }: Splits): Promise<Share[]> {
  if (counts.length === 1) return sharesFor(at(counts, 0), threads);
  const measured: { readonly shares: Share[]; readonly imagesPerSecond: number }[] = [];
  let memory = 0;
  for (const count of counts) {
    const shares = sharesFor(count, threads);
    if (count * memory > (process.availableMemory?.() ?? freemem())) break;
    log(`--jobs auto: measuring ${nameOf(shares)} of ${spec.model} at batch ${spec.batchSize}`);
    const { imagesPerSecond, memory: largest } = await practiseAll(open, spec, shares);
    memory = largest;
    measured.push({ shares, imagesPerSecond });
    if (imagesPerSecond < MUCH_SLOWER * Math.max(...measured.map((each) => each.imagesPerSecond))) break;
  }
  const best = measured.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a));
  const told = measured.map((each) => `${nameOf(each.shares)} ${Math.round(each.imagesPerSecond)} images/s`);
  log(`--jobs auto: ${nameOf(best.shares)}; measured: ${told.join(', ')}`);
  return best.shares;
}

export function nameOf({ length, 0: first }: readonly Share[]): string {
  const threads = first?.threads ?? 0;
  return `${counted(length, 'job')} of ${counted(threads, 'thread')}`;
}

/** How fast workers that train at once are, all together, and the bytes of memory that the largest has had at most. */
export async function practiseAll(open: Splits['open'], spec: RunSpec, shares: readonly Share[]) {
  const { perform, dispose } = open(shares);
  const told: Practice[][] = shares.map(() => []);
  let isShared = false;
  await new Promise<void>((resolve, reject) => {
    for (const practices of told) {
      const onStep = (done: Practice) => {
        practices.push(done);
        if (!isShared && told.every(({ length }) => length > 0)) {
          // What was told before the last of them had begun was told of a machine that was not yet shared.
          for (const each of told) each.splice(0, each.length - 1);
          isShared = true;
        }
        if (isShared && told.every(isLongEnough)) resolve();
      };
      // It ends where it is stopped.
      perform('practise', { spec }, { onStep }).then(() => reject(interrupted()), reject);
    }
  }).finally(dispose);
  const speeds = told.map((practices) => {
    const [first, final] = [at(practices, Math.floor(WARM_UP * (practices.length - 1))), last(practices)];
    return (final.images - first.images) / (final.seconds - first.seconds);
  });
  return {
    imagesPerSecond: speeds.reduce((sum, speed) => sum + speed, 0),
    memory: Math.max(...told.map((practices) => last(practices).memory)),
  };
}

const isLongEnough = (practices: readonly Practice[]) =>
  practices.length > 2 && last(practices).seconds - at(practices, 0).seconds >= SECONDS;
