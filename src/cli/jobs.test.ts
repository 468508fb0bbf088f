/** Runs at once, in processes of their own, of which any may be killed at any moment. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfigs } from '../config/load.js';
import { resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { readRunRecord } from '../records/run-record.js';
import { exists } from '../support/files.js';
import { readSafetensors } from '../support/safetensors.js';
import { findPython } from '../testing/python.js';
import { isSoak } from '../testing/soak.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import './testing/expectations.js';
import { type Command, EXECUTABLE, type Running, smoothout, words } from './testing/smoothout.js';

/** As long as kills take to come. */
const SETTINGS = {
  hidden: [16],
  epochs: isSoak ? 120 : 60,
  batchSize: 40,
  seeds: isSoak ? [1, 2, 3, 4, 5, 6] : [1],
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
  expect((await run('undisturbed')``).status).toBe(0);
  undisturbed = await resultsIn('undisturbed');
});

const place = (name: string) => join(dirname(config), name);

const run =
  (name: string): Command =>
  (...line) =>
    smoothout`run ${config} --data ${data} --out ${place(name)} --threads 1 ${words(...line)}`;

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

/** Waits for a worker that is not `other` to train a run. */
async function workerAt(name: string, running: Running, spec: RunSpec, other?: number): Promise<number> {
  const { lock, last } = runPaths(place(name), spec);
  for (let ended = false; !ended; ) {
    const [text] = await Promise.all([readFile(lock, 'utf8').catch(() => ''), sleep(20)]);
    const pid = text === '' ? undefined : (JSON.parse(text).pid as number);
    if (pid !== undefined && pid !== other && (await exists(last))) return pid;
    ended = await Promise.race([running.then(() => true), sleep(0).then(() => false)]);
  }
  throw new Error(`the command has ended: ${(await running).stderr}`);
}

/** A command in a process group of its own, as a terminal's foreground job is. */
const inGroup = smoothout.with({ through: ['setsid'] });

describe.skipIf(process.platform !== 'linux')('Ctrl-C', () => {
  const begin = (name: string) => inGroup`run ${config} --data ${data} --out ${place(name)} --threads 1 --jobs 2`;
  const interrupt = (running: Running) => process.kill(-running.pid!, 'SIGINT');

  test('once saves all runs: status 75, and the same command goes on to the same bits', async () => {
    const running = begin('stopped');
    const workers: number[] = [];
    for (const spec of runs.slice(0, 2)) {
      workers.push(await workerAt('stopped', running, spec));
      // The first would be done before the second has begun, on a busy machine.
      process.kill(workers.at(-1)!, 'SIGSTOP');
    }
    interrupt(running);
    for (const worker of workers) process.kill(worker, 'SIGCONT');
    const { status, stderr, stdout } = await running;
    expect(status).toBe(75);
    expect(stderr.match(/interrupted; everything so far is saved/g)).toHaveLength(1);
    expect(stdout.match(/interrupted$/gm)).toHaveLength(2);
    expect((await run('stopped')`--jobs 2`).status).toBe(0);
    expect(await resultsIn('stopped')).toEqual(undisturbed);
  });

  test('twice ends all processes at once: status 130', async () => {
    const running = begin('twice');
    const worker = await workerAt('twice', running, runs[0]!);
    // What does not run cannot save.
    process.kill(worker, 'SIGSTOP');
    interrupt(running);
    await running.says(/saving and stopping/);
    interrupt(running);
    expect((await running).status).toBe(130);
    await vi.waitFor(() => expect(() => process.kill(worker, 0)).toThrow('ESRCH'), 10_000);
  });
});

describe('a run whose worker crashes', () => {
  test('goes on once; the second time it has failed, the others have not, and --retry failed is for it alone', async () => {
    const running = run('crashed')`--jobs 2`;
    const [spec] = runs;
    const first = await workerAt('crashed', running, spec!);
    process.kill(first, 'SIGKILL');
    process.kill(await workerAt('crashed', running, spec!, first), 'SIGKILL');
    const { status, stderr } = await running;
    expect(status).toBe(1);
    expect(stderr).toContain(`worker process ${first} was ended by SIGKILL; once more, from its checkpoint`);
    const [failed, ...others] = await Promise.all(
      runs.map((each) => readRunRecord(runPaths(place('crashed'), each).record)),
    );
    expect(failed).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('SIGKILL') } });
    expect(new Set(others.map((each) => each.status))).toEqual(new Set(['completed']));

    const again = await run('crashed')`--retry failed`;
    expect(again).toMatchObject({ status: 0 });
    expect(again.stderr).toMatch(/^small baseline seed 1: failed before: worker process \d+ was ended by SIGKILL$/m);
    expect(again.stderr).toContain(`1 of ${runs.length} runs failed or diverged`);
    expect(again.stdout.match(/completed$/gm)).toHaveLength(1);
    expect(await resultsIn('crashed')).toEqual(undisturbed);
  });
});

describe('--retry failed', () => {
  test('starts over what diverged', async () => {
    const wild = await smallConfig({ epochs: 2, methods: [{ name: 'baseline', optimizer: { learningRate: 1e30 } }] });
    const out = join(dirname(wild), 'results');
    const again = await smoothout`run ${wild} --data ${data} --out ${out}`.then(
      () => smoothout`run ${wild} --data ${data} --out ${out} --retry failed`,
    );
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/^small baseline seed 1: diverged before: the loss became NaN in epoch 1/m);
    expect(again.stderr).not.toContain('resuming');
    expect(again.stderr).not.toContain('--force runs it again');
  });
});

describe('--jobs auto', () => {
  test('measures, says what it found, and trains', async () => {
    const { status, stderr } = await run('auto')`--jobs auto --seed 1 --set epochs=2`;
    expect(status).toBe(0);
    if (availableParallelism() === 1) return;
    expect(stderr).toMatch(/^--jobs auto: \d+ jobs? of \d+ threads?; measured: 1 job of \d+ threads? \d+ images\/s, /m);
  });
});

describe('--jobs of GPUs', () => {
  test('is refused where the CPU computes', async () => {
    const refused = await run('gpus')`--jobs 0,1 --device cpu`;
    expect(refused).toBeRefused({ status: 2, saying: '--jobs 0,1: a list is of GPUs that CUDA computes on, not cpu' });
  });
});

describe('--shuffle', () => {
  test('carries out the same runs in another order', async () => {
    const seen = async () => {
      const { stderr } = await run('undisturbed')`--shuffle`;
      return [...stderr.matchAll(/^(.*): completed before/gm)].map(([, name]) => name);
    };
    const first = await seen();
    expect(first).toHaveLength(runs.length);
    let next = await seen();
    for (let tries = 0; tries < 20 && next.join() === first.join(); tries++) next = await seen();
    expect(next).not.toEqual(first);
    expect(next.toSorted()).toEqual(first.toSorted());
  });
});

const python = findPython('pty');
const TERMINAL = fileURLToPath(new URL('testing/terminal.py', import.meta.url));

describe.skipIf(python === undefined)('on a terminal', () => {
  test('the table has images/s and the time left of each run and of all, and fits', async () => {
    const line = words`run ${config} --data ${data} --out ${place('terminal')} --jobs 2 --set epochs=40`;
    const shown = await promisify(execFile)(python!, [TERMINAL, '72', process.execPath, EXECUTABLE, ...line]);
    const lines = stripVTControlCharacters(shown.stdout).split(/\r?\n/);
    const table = lines.slice(
      0,
      lines.findIndex((each) => each.startsWith('experiment')),
    );
    // Lines of the log may be longer: they are written once.
    expect(table.filter((each) => each.length > 72 && !/seed \d: |not the official/.test(each))).toEqual([]);
    expect(table).toContainEqual(expect.stringMatching(/^run +.*accuracy .*images\/s +left$/));
    expect(table).toContainEqual(expect.stringMatching(/^small (baseline|smoothout) seed \d .*\d% .* \d+ +\d+ s$/));
    expect(table).toContainEqual(expect.stringMatching(/^\d+ of \d+ runs done, \d+ images\/s, .*\d+ s left for all$/));
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
