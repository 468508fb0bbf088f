/**
 * Everything that is read from outside, mutated at random from a fixed seed: it is read, or refused by a typed error that
 * says something, in little time and memory, and nothing is written.
 */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { uniform } from '../support/random.js';
import { fuzzTargets } from './fuzz-targets.js';
import { isSoak } from './soak.js';

const CASES = isSoak ? 200_000 : 20_000;
/** In so many tests, which can be run beside one another (`npx vitest run -t 'part 1'`). */
const PARTS = isSoak ? 10 : 1;

/** Of one case; processor time, which does not depend on what else the machine does. */
const MOST_SECONDS = 5;
const MOST_KIB = 1024 ** 2;

const TOKENS = [
  '\0',
  '"',
  '\n',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '-1',
  '1e999',
  'null',
  'NaN',
  '__proto__',
  '../',
  '&a *a',
  '￿',
  '99999999999',
];

/** One to four edits: a flipped bit, a cut, a piece removed or repeated, a token put in. */
function mutate(good: Uint8Array, at: number): Buffer {
  const random = uniform({ seed: 18, purpose: 'test', step: at }, 16);
  let bytes = Buffer.from(good);
  for (let i = 0; i < 1 + Math.floor(4 * random[0]!); i++) {
    const [kind, where, extent] = random.subarray(1 + 3 * i, 4 + 3 * i) as unknown as [number, number, number];
    const from = Math.floor(where * bytes.length);
    const to = Math.min(bytes.length, from + 1 + Math.floor(extent ** 4 * bytes.length));
    const [before, piece, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
    const token = Buffer.from(TOKENS[Math.floor(extent * TOKENS.length)]!);
    if (kind < 0.3 && piece.length > 0) piece[0]! ^= 1 << Math.floor(8 * extent);
    else if (kind < 0.4) bytes = Buffer.from(before);
    else if (kind < 0.55) bytes = Buffer.concat([before, after]);
    else if (kind < 0.7) bytes = Buffer.concat([before, piece, piece, after]);
    else bytes = Buffer.concat([before, token, after]);
  }
  return bytes;
}

const isTold = (error: unknown) => error instanceof SmoothOutError && !/\bundefined\b|\[object/.test(error.message);

const filesIn = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

// Other tests, which may run at the same time, write in the usual one.
beforeAll(async () => void vi.stubEnv('TMPDIR', await mkdtemp(join(tmpdir(), 'smoothout-fuzz-'))));
afterAll(() => void vi.unstubAllEnvs());

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  `part %i of ${CASES} mutated inputs: read, or refused by errors that say something`,
  async (part) => {
    const targets = await fuzzTargets();
    const before = await filesIn(tmpdir());
    const faults: string[] = [];
    for (let i = part; i < CASES; i += PARTS) {
      const { name, good, read } = targets[Math.floor(i / PARTS) % targets.length]!;
      const from = process.cpuUsage();
      const error = await read(mutate(good, i)).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      const { user, system } = process.cpuUsage(from);
      const seconds = (user + system) / 1e6;
      if (error !== null && !isTold(error)) faults.push(`case ${i}, ${name}: ${(error as Error).stack}`);
      if (seconds > MOST_SECONDS) faults.push(`case ${i}, ${name}: ${seconds} s`);
    }
    expect(faults).toEqual([]);
    expect(await filesIn(tmpdir())).toEqual(before);
    expect(process.resourceUsage().maxRSS).toBeLessThan(MOST_KIB);
  },
  7_200_000,
);
