/** `npm run test:soak`: memory over thousands of steps, and a report of thousands of runs. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { smoothout } from '../cli/testing/smoothout.js';
import { f1Runs, resultsFolder, writeRuns } from '../report/testing/fixture-runs.js';
import { isSoak } from './soak.js';

const MEGABYTE = 2 ** 20;

/** 8 epochs of 250 steps. */
const C1 = `
experiment: long
model: c1
dataset: cifar10
synthetic: true
epochs: 8
batchSize: 8
trainLimit: 2000
validationLimit: 100
methods: [{ name: smoothout, noise: { a: 0.01 } }]
`;

const residentKib = (pid: number) =>
  Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe.skipIf(!isSoak || process.platform !== 'linux')('long', { timeout: 7_200_000 }, () => {
  test('2,000 steps of C1 take no more memory than the first quarter of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-long-'));
    const config = join(folder, 'c1.yaml');
    await writeFile(config, C1);
    const running = smoothout`run ${config} --data ${folder} --out ${folder}`;
    let isOver = false;
    const ended = running.finally(() => {
      isOver = true;
    });
    const quarters: number[][] = [[], [], [], []];
    for (const [i, quarter] of quarters.entries()) {
      const isDone = running.says(new RegExp(`epoch ${2 * (i + 1)}/8`)).then(() => true);
      while (!isOver && !(await Promise.race([isDone, sleep(200)]))) quarter.push(residentKib(running.pid!));
    }
    expect((await ended).status).toBe(0);
    const peaks = quarters.map((quarter) => Math.max(...quarter));
    console.log(`2,000 steps of C1: at most ${peaks.map((kib) => (kib / 1024).toFixed(1)).join(', ')} MiB by quarter`);
    expect(peaks[3]! / peaks[1]!).toBeLessThan(1.02);
  });

  test('2,000 runs are reported within 10 s of processor time and 500 MB', async () => {
    const results = await resultsFolder();
    for (let i = 0; i < 10; i++) {
      await writeRuns(
        results,
        f1Runs(50).map((run) => ({ ...run, experiment: `${run.experiment}-${i}` })),
      );
    }
    const used = 'process.on("exit", () => console.error("used", JSON.stringify(process.resourceUsage())))';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(used)}` };
    const { status, stderr, stdout } = await smoothout.with({ env })`report --runs ${results}`;
    expect(status, stderr).toBe(0);
    const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(/^used (.*)$/m.exec(stderr)![1]!);
    const seconds = (userCPUTime + systemCPUTime) / 1e6;
    console.log(`2,000 runs: ${seconds.toFixed(1)} s, ${(maxRSS / 1024).toFixed(0)} MiB`);
    expect(stdout).toContain('2000 completed runs');
    expect(seconds).toBeLessThan(10);
    expect(maxRSS * 1024).toBeLessThan(500 * MEGABYTE);
    await rm(results, { recursive: true });
  });
});
