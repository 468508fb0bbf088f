/** The real program, stopped in every way there is: the same command goes on to the same bits. */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readMetrics } from '../records/metrics.js';
import { type RunPaths, runPaths } from '../records/run-folder.js';
import { readRunRecord } from '../records/run-record.js';
import { readSafetensors } from '../support/safetensors.js';
import { isSoak } from '../testing/soak.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout, words } from './testing/smoothout.js';

/** About a second of training, and tens of checkpoints. */
const SETTINGS = {
  hidden: [16],
  epochs: 60,
  batchSize: 40,
  ghostBatchSize: 20,
  optimizer: { name: 'sgd', learningRate: 0.01, scaleLearningRate: true, weightDecay: 1e-4 },
  methods: [{ name: 'smoothout', noise: { a: 0.02, per: 'ghostBatch', schedule: 'tanh' } }],
};

let data: string;
let config: string;
let whole: Awaited<ReturnType<typeof resultsIn>>;

beforeAll(async () => {
  data = await smallMnist();
  config = await smallConfig(SETTINGS);
  const { out, paths } = place('whole');
  expect((await begin(out)).status).toBe(0);
  whole = await resultsIn(paths);
});

const args = (out: string) => words`run ${config} --data ${data} --out ${out}`;

function place(name: string): { out: string; paths: RunPaths } {
  const out = join(dirname(config), name);
  return { out, paths: runPaths(out, { experiment: 'small', method: { label: 'smoothout' }, seed: 1 }) };
}

/** What does not depend on the clock. */
async function resultsIn({ metrics, best, last }: RunPaths) {
  const epochs = (await readMetrics(metrics)).map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest);
  const digests = [best, last].map(async (path) => (await readSafetensors(path)).metadata.sha256);
  return { epochs, digests: await Promise.all(digests) };
}

const begin = (out: string) => smoothout`${args(out)}`;

/** So many epochs, each told in a line on stderr. */
const epochs = (count: number) => new RegExp(`(: epoch [^]*){${count}}`);

const filesIn = async ({ folder }: RunPaths) => (await readdir(folder)).sort();
const KILLS = isSoak ? 60 : 4;
const FINISHED = ['best.safetensors', 'config.yaml', 'last.safetensors', 'metrics.jsonl', 'run.json'];
const RESUMING = /^small smoothout seed 1: resuming in epoch \d+ of 60$/m;

describe('a run that is killed (SIGKILL)', () => {
  test('again and again, at random moments, ends as if it never had been', { timeout: 1_800_000 }, async () => {
    const { out, paths } = place('killed');
    const delays: number[] = [];
    let resumed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const running = begin(out);
      // The first kill may come at any time, while the program starts too; the others while it trains.
      if (kill > 0) await running.says(epochs(1));
      delays.push(Math.round(Math.random() * 700));
      await sleep(delays.at(-1));
      running.kill('SIGKILL');
      const { stderr } = await running;
      if (stderr.includes(': resuming in epoch ')) resumed++;
    }
    const last = await begin(out);
    expect(last, `killed after ${delays} ms`).toMatchObject({ status: 0 });
    expect(await resultsIn(paths), `killed after ${delays} ms`).toEqual(whole);
    expect(resumed + Number(last.stderr.includes(': resuming in epoch '))).toBeGreaterThan(0);
    expect(await filesIn(paths)).toEqual(FINISHED);
  });
});

describe('a run that is interrupted', () => {
  test('by any signal, one after the other: exit status 75, everything saved, and it goes on', async () => {
    const { out, paths } = place('interrupted');
    for (const [i, signal] of (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const).entries()) {
      const running = begin(out);
      await running.says(epochs(2));
      running.kill(signal);
      const { status, stdout, stderr } = await running;
      expect(status, signal).toBe(75);
      expect(stderr).toContain(`smoothout: ${signal}: saving and stopping`);
      expect(stderr).toContain(
        'smoothout: interrupted; everything so far is saved\nThe same command goes on from here.\n',
      );
      if (i > 0) expect(stderr).toMatch(RESUMING);
      expect(stdout).toMatch(/^small +smoothout .*interrupted$/m);
      expect(await readRunRecord(paths.record)).toMatchObject({ status: 'interrupted', error: null });
      expect(await filesIn(paths)).toEqual(FINISHED);
    }
    expect((await begin(out)).stderr).toMatch(RESUMING);
    expect(await resultsIn(paths)).toEqual(whole);
    expect(await readRunRecord(paths.record)).toMatchObject({ status: 'completed', epochsDone: 60 });
  });

  test('twice: exit status 130 at once, and it goes on from its last checkpoint', async () => {
    const { out, paths } = place('twice');
    const running = begin(out);
    await running.says(epochs(1));
    running.kill('SIGSTOP');
    // Both are there before it goes on: it has no time to save between them.
    running.kill('SIGINT');
    running.kill('SIGTERM');
    running.kill('SIGCONT');
    expect((await running).status).toBe(130);
    expect((await begin(out)).status).toBe(0);
    expect(await resultsIn(paths)).toEqual(whole);
    expect(await filesIn(paths)).toEqual(FINISHED);
  });

  test('does not begin the runs that were to come', async () => {
    const more = await smallConfig({ ...SETTINGS, methods: [...SETTINGS.methods, { name: 'baseline' }] });
    const out = join(dirname(more), 'results');
    const running = smoothout`run ${more} --data ${data} --out ${out}`;
    await running.says(epochs(1));
    running.kill('SIGINT');
    expect((await running).status).toBe(75);
    expect(await readdir(join(out, 'runs', 'small'))).toEqual(['smoothout']);
  });
});

describe.skipIf(process.platform === 'win32')('a run that another process is busy with', () => {
  test('is left alone: exit status 6', async () => {
    const { out, paths } = place('busy');
    const first = begin(out);
    await first.says(epochs(1));
    // It would be done before the second one has started.
    first.kill('SIGSTOP');
    const second = await begin(out);
    first.kill('SIGCONT');
    expect(second.status).toBe(6);
    expect(second.stderr).toContain(`run.lock.json: in use by process ${first.pid} since `);
    expect((await first).status).toBe(0);
    expect(await resultsIn(paths)).toEqual(whole);
  });
});

/** A file may have so many KiB at most: what a full disk is to a write. The shell sets it for the program it becomes. */
const limited = (kib: number) => smoothout.with({ through: ['bash', '-c', `ulimit -f ${kib}; exec "$@"`, 'bash'] });

describe.skipIf(process.platform === 'win32')('a run for which there is no space', () => {
  test('says so before it spends hours: exit status 7', async () => {
    const { out, paths } = place('no-space');
    const { status, stderr } = await limited(100)`${args(out)}`;
    expect(status).toBe(7);
    expect(stderr).toMatch(
      /^smoothout: cannot write .*last\.safetensors: the file would be larger than this process may write$/m,
    );
    expect(stderr).toContain('Free some space and run the same command again');
    expect(await readRunRecord(paths.record)).toMatchObject({
      status: 'failed',
      epochsDone: 0,
      error: { code: 'NO_SPACE' },
    });
    expect(await filesIn(paths)).toEqual(['config.yaml', 'metrics.jsonl', 'run.json']);
  });

  test('keeps its last good checkpoint, and goes on from there when there is some', async () => {
    const { out, paths } = place('less-space');
    const running = begin(out);
    await running.says(epochs(2));
    running.kill('SIGINT');
    await running;
    const kept = await readFile(paths.last);
    expect((await limited(100)`${args(out)}`).status).toBe(7);
    expect(await readFile(paths.last)).toEqual(kept);
    expect((await begin(out)).stderr).toContain(': resuming in epoch ');
    expect(await resultsIn(paths)).toEqual(whole);
  });
});

describe('what a run was trained on', () => {
  test.skipIf(process.platform !== 'linux')(
    'is recorded each time it differs, and other threads are said before they go on',
    async () => {
      const { out, paths } = place('threads');
      const running = smoothout.with({ through: ['taskset', '-c', '0'] })`${args(out)}`;
      await running.says(/epoch 2\//);
      running.kill('SIGINT');
      await running;
      const { stderr } = await smoothout`${args(out)}`;
      const environments = (await readRunRecord(paths.record)).environments!;
      const threads = environments.map((each) => each.threads);
      if (availableParallelism() === 1) return;
      expect(threads).toEqual([1, availableParallelism()]);
      expect(stderr).toContain(
        `goes on with onnx on cpu, ${availableParallelism()} threads, was on onnx on cpu, 1 thread:`,
      );
      expect(environments[0]!.fromEpoch).toBe(0);
      expect(environments[1]!.fromEpoch).toBeGreaterThan(0);
      expect(environments[0]).toMatchObject({
        command: args(out),
        engine: 'onnx',
        device: 'cpu',
        lockfile: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    },
  );
});
