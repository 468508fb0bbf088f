/** Files under a layer that fails at its nth operation, for every n: what is read afterwards is the old or the new. */
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { appendMetrics, type EpochMetrics, readMetrics, truncateMetrics } from '../records/metrics.js';
import { SmoothOutError } from './errors.js';
import { removeStaleTemporaries, writeFileAtomic } from './files.js';
import { acquireLock } from './lock.js';
import { disarm, FAULTS, type Fault, fault } from './testing/faulty-files.js';

vi.mock('node:fs/promises', async (original) =>
  (await import('./testing/faulty-files.js')).faultyFiles(await original()),
);

/** Arms the fault for every n in turn, until an action meets it no more. */
async function forEveryOperation(as: Fault, action: () => Promise<unknown>, check: (failed: boolean) => Promise<void>) {
  for (let n = 1; ; n++) {
    Object.assign(fault, { as, left: n });
    const error = await action().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    const isMet = fault.left <= 0;
    disarm();
    if (error !== null) expect(error).toBeInstanceOf(SmoothOutError);
    await check(error !== null);
    if (!isMet) return n - 1;
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-faults-'));
});

test.each(FAULTS)('an atomic file is the old or the new: %s', async (as) => {
  const path = join(folder, 'checkpoint');
  await writeFile(path, 'old contents');
  const operations = await forEveryOperation(
    as,
    () => writeFileAtomic(path, 'new contents'),
    async (failed) => {
      const contents = await readFile(path, 'utf8');
      expect(failed ? ['old contents', 'new contents'] : ['new contents']).toContain(contents);
      await removeStaleTemporaries(folder);
      expect(await readdir(folder)).toEqual(['checkpoint']);
      await writeFile(path, 'old contents');
    },
  );
  expect(operations).toBeGreaterThanOrEqual(6);
});

const epoch = (number: number) =>
  ({
    ...{ epoch: number, step: number, learningRate: 0.1, trainLoss: 1, trainAccuracy: 10 },
    ...{ validationLoss: 1, validationAccuracy: 10, seconds: 1, imagesPerSecond: 1 },
  }) as EpochMetrics;

test.each(FAULTS)('metrics have the epochs before or one more, and go on after: %s', async (as) => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, epoch(1));
  const operations = await forEveryOperation(
    as,
    () => appendMetrics(path, epoch(2)),
    async () => {
      expect((await readMetrics(path)).map((metrics) => metrics.epoch).join()).toMatch(/^1(,2)?$/);
      expect(await truncateMetrics(path, 1)).toHaveLength(1);
      await appendMetrics(path, epoch(2));
      expect(await readMetrics(path)).toHaveLength(2);
      await truncateMetrics(path, 1);
    },
  );
  expect(operations).toBeGreaterThanOrEqual(3);
});

test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EINTR'] as const)('a lock is held or free, and free after: %s', async (as) => {
  const path = join(folder, 'run.lock.json');
  const operations = await forEveryOperation(
    as,
    async () => (await acquireLock(path)).release(),
    async () => {
      // A lock whose removal failed names this process, which lives.
      if ((await readdir(folder)).includes('run.lock.json')) {
        await expect(acquireLock(path)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
      } else await (await acquireLock(path)).release();
      for (const name of await readdir(folder)) rmSync(join(folder, name));
    },
  );
  expect(operations).toBeGreaterThanOrEqual(3);
});
