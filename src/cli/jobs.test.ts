/** Runs at once, in processes of their own, of which any may be killed at any moment. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadConfigs } from '../config/load.js';
import { resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { readSafetensors } from '../support/safetensors.js';
import { isSoak } from '../testing/soak.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';

/** As long as kills take to come. */
const SETTINGS = {
  hidden: [16],
  epochs: isSoak ? 300 : 60,
  batchSize: 40,
  seeds: isSoak ? [1, 2, 3, 4, 5, 6] : [1, 2],
};
const JOBS = isSoak ? 3 : 2;
const KILLS = isSoak ? { worker: 10, command: 2 } : { worker: 2, command: 1 };

let data: string;
let config: string;
let runs: RunSpec[];
let undisturbed: Awaited<ReturnType<typeof resultsIn>>;

beforeAll(async () => {
  data = await smallMnist();
  config = await smallConfig(SETTINGS);
  runs = (await loadConfigs(config)).flatMap((each) => resolveRuns(each));
  // One after another, on the threads that each of the jobs has.
  expect((await run('undisturbed')`--threads 1`).status).toBe(0);
  undisturbed = await resultsIn('undisturbed');
});

const place = (name: string) => join(dirname(config), name);

const run =
  (name: string): Command =>
  (...line) =>
    smoothout`run ${config} --data ${data} --out ${place(name)} ${words(...line)}`;

/** SHA-256s of the checkpoints of every run. */
const resultsIn = (name: string) =>
  Promise.all(
    runs.flatMap((spec) => {
      const { best, last } = runPaths(place(name), spec);
      return [best, last].map(async (path) => (await readSafetensors(path)).metadata.sha256);
    }),
  );

/** The processes that have a run under way. */
async function workersIn(name: string): Promise<number[]> {
  const locks = runs.map((spec) => readFile(runPaths(place(name), spec).lock, 'utf8'));
  const found = await Promise.allSettled(locks);
  return found.flatMap((each) => (each.status === 'fulfilled' ? [JSON.parse(each.value).pid as number] : []));
}

/** Waits until the command has so many workers that train, or has ended. */
async function workersOf(name: string, running: Promise<unknown>, count: number): Promise<number[]> {
  let hasEnded = false;
  void running.finally(() => {
    hasEnded = true;
  });
  for (;;) {
    const workers = await workersIn(name);
    if (workers.length >= count || hasEnded) return workers;
    await sleep(20);
  }
}

const random = (below: number) => Math.floor(Math.random() * below);

describe('several jobs', () => {
  test('killed at random, workers and the command itself, come to the bits of an undisturbed sweep', {
    timeout: 3_600_000,
  }, async () => {
    const left = [...Array(KILLS.worker).fill('worker'), ...Array(KILLS.command).fill('command')];
    const done: string[] = [];
    for (let status: number | null = null; status !== 0; ) {
      const running = run('killed')`--jobs ${JOBS}`;
      let ended = false;
      void running.then(() => {
        ended = true;
      });
      while (left.length > 0 && !ended) {
        const workers = await workersOf('killed', running, 1);
        await sleep(random(500));
        if (ended) break;
        const [victim] = left.splice(random(left.length), 1);
        done.push(victim);
        if (victim === 'command') running.kill('SIGKILL');
        else if (workers.length > 0) kill(workers[random(workers.length)]!);
        if (victim === 'command') await running;
      }
      ({ status } = await running);
      expect([0, 1, null]).toContain(status);
    }
    expect(left).toEqual([]);
    expect(await resultsIn('killed'), done.join()).toEqual(undisturbed);
    for (const { folder } of runs.map((spec) => runPaths(place('killed'), spec))) {
      expect((await readdir(folder)).sort()).toEqual([
        'best.safetensors',
        'config.yaml',
        'last.safetensors',
        'metrics.jsonl',
        'run.json',
      ]);
    }
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
