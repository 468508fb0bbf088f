/** What a check of one network finds, how it is had from a process of its own, and how it is told. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openStderrFile } from '../../src/support/native-stderr.js';
import type { Deviations } from './agreement.js';
import type { Speed } from './speed.js';

export interface Agreement {
  readonly verdict: 'agrees' | 'agrees as far as rounding lets it' | 'DISAGREES';
  readonly deviations: Deviations;
  /** Of the CPU beside itself with parameters off by `ROUNDING`; measured where the deviations alone are too large. */
  readonly ofRounding?: Deviations;
}

export interface Speeds extends Speed {
  /** PyTorch's images a second, by the way that it computes; null where there is no PyTorch with CUDA. */
  readonly pytorch: Readonly<Record<string, number>> | null;
}

interface Done {
  readonly seconds: number;
  readonly error?: string;
}

/** Without its numbers where there is an error. */
export type Checked =
  | ({ readonly check: 'agreement'; readonly network: string } & Partial<Agreement> & Done)
  | ({ readonly check: 'speed'; readonly network: string } & Partial<Speeds> & Done);

/** A network disagrees where a part differs by more, relatively. */
export const ACCEPTED = 1e-4;
/** Relative: what sums of thousands of float32 products differ by, added in another order. */
export const ROUNDING = 1e-6;

/** Whether each deviation is accepted, or no larger than that of `others`. */
export function isWithin(found: Deviations, others: Partial<Deviations>): boolean {
  return Object.entries(found).every(([name, value]) => {
    return value <= Math.max(ACCEPTED, others[name as keyof Deviations] ?? 0);
  });
}

export const isGood = (checked: Checked): boolean =>
  checked.error === undefined && !(checked.check === 'agreement' && checked.verdict === 'DISAGREES');

/**
 * Runs one.ts, or what it was built to, and reads its last line. A run of a GPU holds its process until it is done: nothing
 * inside of it could keep a time.
 *
 * @param limit in seconds.
 */
export function inItsOwnProcess(
  check: Checked['check'],
  network: string,
  args: readonly string[],
  limit?: number,
): Checked {
  const program = fileURLToPath(import.meta.url).replace(/[^/\\]+(\.[jt]s)$/, 'one$1');
  // In a file, the process finds errors of the GPU there.
  const stderr = openStderrFile();
  const startedAt = performance.now();
  const { status, signal, stdout, error } = spawnSync(
    process.execPath,
    [...process.execArgv, program, check, network, ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', stderr.fd],
      ...(limit !== undefined && { timeout: 1000 * limit, killSignal: 'SIGKILL' }),
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  process.stderr.write(stderr.newText());
  stderr.close();
  const late = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && line.startsWith('{')) return { check, network, seconds, ...JSON.parse(line) };
  const why = late ? `not done in ${limit} s` : (error?.message ?? `ended by ${signal ?? `status ${status}`}`);
  return { check, network, seconds, error: why };
}

/** In one line. */
export function described(checked: Checked): string {
  if (checked.error !== undefined) return `FAILED: ${checked.error}`;
  if (checked.check === 'speed') return describedSpeed(checked as Speeds);
  const { verdict, deviations, ofRounding } = checked as Agreement;
  const own = `; the CPU beside itself with parameters off by ${ROUNDING}: `;
  return `${verdict}: ${listed(deviations)}${ofRounding ? own + listed(ofRounding) : ''}`;
}

function describedSpeed({ imagesPerSecond, compileSeconds, hostShare, gpu, pytorch }: Speeds): string {
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  return [
    `${imagesPerSecond.toFixed(0)} images/s`,
    ...Object.entries(pytorch ?? {}).map(([way, theirs]) => {
      return `PyTorch ${way} ${theirs.toFixed(0)}, ratio ${(imagesPerSecond / theirs).toFixed(2)}`;
    }),
    `outside of runs ${percent(hostShare)} of the time`,
    ...(gpu ? [`GPU idle ${percent(1 - gpu.busy)}, memory ${gpu.memoryMiB} MiB`] : []),
    `compiled in ${compileSeconds.toFixed(1)} s`,
  ].join('; ');
}

const listed = (found: Deviations): string =>
  Object.entries(found)
    .map(([name, value]) => `${name} ${value.toExponential(1)}`)
    .join(', ');
