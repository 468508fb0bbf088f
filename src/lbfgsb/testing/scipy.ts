/** SciPy's L-BFGS-B as an oracle: it drives, the objective is evaluated here. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Box, ObjectiveFunction } from '../problem.js';

const DRIVER = fileURLToPath(new URL('scipy-driver.py', import.meta.url));
/** Debian's: SciPy belongs to the system's Python. */
const PYTHON = '/usr/bin/python3';

export function hasSciPy(): boolean {
  return spawnSync(PYTHON, ['-c', 'import scipy.optimize']).status === 0;
}

export interface SciPyResult {
  readonly x: Float64Array;
  readonly f: number;
  readonly iterations: number;
  readonly evaluations: number;
}

/** `fmin_l_bfgs_b(objective, x0, maxiter, bounds)`, everything else as SciPy has it. */
export async function minimizeWithSciPy(
  objective: ObjectiveFunction,
  x0: Float64Array,
  { lower, upper }: Box,
  maxIterations: number,
): Promise<SciPyResult> {
  const n = x0.length;
  const child = spawn(PYTHON, [DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const write = (values: Float64Array | BigInt64Array): void => {
    child.stdin.write(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  };
  const read = createReader(child.stdout);
  write(BigInt64Array.of(BigInt(n), BigInt(maxIterations)));
  for (const vector of [x0, lower, upper]) write(vector);
  for (;;) {
    const x = await read(n);
    if (Number.isNaN(x[0])) break;
    const answer = new Float64Array(n + 1);
    answer[0] = await objective(x, answer.subarray(1));
    write(answer);
  }
  const [f, iterations, evaluations] = await read(3);
  const x = await read(n);
  child.stdin.end();
  await closed;
  return { x, f: f!, iterations: iterations!, evaluations: evaluations! };
}

/** Reads so many float64 numbers from a stream. */
function createReader(stream: NodeJS.ReadableStream): (count: number) => Promise<Float64Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  return async (count) => {
    const parts = [rest];
    let length = rest.length;
    while (length < 8 * count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error('SciPy ended before it had an answer');
      parts.push(value);
      length += value.length;
    }
    const all = Buffer.concat(parts);
    rest = all.subarray(8 * count);
    return new Float64Array(Uint8Array.from(all.subarray(0, 8 * count)).buffer);
  };
}
