/**
 * A whole training under a layer of files that fails at one operation, for each of them in turn: the same training again
 * ends in the same bits, and nothing is left over.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { disarm, FAULTS, type Fault, fault } from '../support/testing/faulty-files.js';
import { isSoak } from '../testing/soak.js';
import { resultsOf, temporaryFolder, tinySpec, trainTiny } from './testing/tiny.js';

vi.mock('node:fs/promises', async (original) =>
  (await import('../support/testing/faulty-files.js')).faultyFiles(await original()),
);

const SPEC = tinySpec({ epochs: 2, methods: [{ name: 'smoothout', noise: { a: 0.01 } }] });
const FINISHED = ['best.safetensors', 'config.yaml', 'last.safetensors', 'metrics.jsonl', 'run.json'];
/** Every operation, or one of so many: another one of them for each kind of fault. */
const STRIDE = isSoak ? 1 : 29;

/** The process that made the lock lives on as this test's; it is to count as dead. */
async function endOwner(lock: string): Promise<void> {
  if (!(await exists(lock))) return;
  const holder = JSON.parse(await readFile(lock, 'utf8'));
  await writeFile(lock, JSON.stringify({ ...holder, processStart: '1' }));
}

const cases = FAULTS.flatMap((as, i) =>
  [1, 2].map((lasts): [as: Fault, lasts: number, first: number] => [as, lasts, 1 + ((i + 3 * lasts) % STRIDE)]),
).filter(([as, lasts]) => lasts === 1 || !as.toLowerCase().includes('kill'));

test.skipIf(process.platform !== 'linux').each(cases)(
  '%s, %i in a row',
  async (as, lasts, first) => {
    const whole = await resultsOf(await trainTiny(SPEC));
    let n = first;
    let failures = 0;
    for (; ; n += STRIDE) {
      const out = await temporaryFolder();
      Object.assign(fault, { as, lasts, left: n });
      const { error, paths } = await trainTiny(SPEC, { out });
      const isMet = fault.left <= 0;
      disarm();
      const where = `operation ${n}`;
      if (error !== null) expect(error, where).toBeInstanceOf(SmoothOutError);
      if (error !== null) failures++;
      await endOwner(paths.lock);
      const again = await trainTiny(SPEC, { out });
      expect(again.error, where).toBeNull();
      expect(await resultsOf(again), where).toEqual(whole);
      expect((await readdir(paths.folder)).sort(), where).toEqual(FINISHED);
      await rm(out, { recursive: true });
      if (!isMet) break;
    }
    if (isSoak) console.log(`${as}, ${lasts} in a row: ${n - 1} operations, ${failures} failures told`);
    expect(failures).toBeGreaterThan(0);
  },
  7_200_000,
);
