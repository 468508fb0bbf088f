/** Runs as tasks of a Slurm array: stopped by their time or by hand, they end as an undisturbed sweep does. */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../support/safetensors.js';
import { hasSlurm, type Slurm, startSlurm } from '../testing/slurm.js';
import { isSoak } from '../testing/soak.js';
import './testing/expectations.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

let data: string;
beforeAll(async () => {
  data = await smallMnist();
});

const linesOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n');

describe('smoothout submit slurm --print', () => {
  test('writes a line for each run that is not finished, and a script whose tasks each take one', async () => {
    const config = await smallConfig({ epochs: 1, seeds: [1, 2] });
    const out = join(dirname(config), 'results');
    await smoothout`run ${config} --method smoothout --seed 2 --data ${data} --out ${out}`;
    const { stdout, stderr } = await smoothout`submit slurm ${config} --out ${out} --data ${"a user's data"}
      --time 30 --sbatch ${'--partition=gpu --gres=gpu:1'} --device cpu --print`;
    const [name] = await readdir(join(out, 'submit'));
    const configs = await linesOf(join(out, 'submit', name!, 'plan.txt'));
    expect(configs.map((path) => path.slice(out.length))).toEqual([
      '/runs/small/baseline/seed-1/config.yaml',
      '/runs/small/baseline/seed-2/config.yaml',
      '/runs/small/smoothout/seed-1/config.yaml',
    ]);
    expect(await readFile(join(out, 'submit', name!, 'job.sh'), 'utf8')).toBe(stdout);
    expect(stdout).toContain('#SBATCH --array=1-3\n');
    expect(stdout).toMatch(/#SBATCH --time=30\n(.*\n)?#SBATCH --partition=gpu --gres=gpu:1\n/);
    expect(stdout).toContain(` --device cpu --out ${out} --data 'a user'\\''s data' "$config" &\n`);
    expect(stderr).toContain('4 runs, 1 finished before\n');
  });

  test('has nothing to submit where every run is finished', async () => {
    const config = await smallConfig({ epochs: 1, methods: [{ name: 'baseline' }] });
    const out = join(dirname(config), 'results');
    await smoothout`run ${config} --data ${data} --out ${out}`;
    const { status, stdout, stderr } = await smoothout`submit slurm ${config} --out ${out} --print`;
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '1 run, 1 finished before\n' });
  });

  test('refuses to start over each time, and runs whose folders have other settings', async () => {
    const config = await smallConfig({ epochs: 1, methods: [{ name: 'baseline' }] });
    const out = join(dirname(config), 'results');
    expect(await smoothout`submit slurm ${config} --force`).toBeRefused({
      status: 2,
      saying: "unknown option '--force'",
    });
    await smoothout`run ${config} --data ${data} --out ${out}`;
    const other = await smoothout`submit slurm ${config} --set epochs=2 --out ${out}`;
    expect(other).toBeRefused({ status: 5, saying: 'started with other settings: epochs 1, now 2' });
  });

  test('without Slurm says where the script is', async () => {
    const config = await smallConfig();
    const out = join(dirname(config), 'results');
    const elsewhere = smoothout.with({ env: { PATH: '/nowhere' } });
    const refused = await elsewhere`submit slurm ${config} --out ${out}`;
    expect(refused).toBeRefused({ status: 2, saying: 'there is no sbatch here' });
    expect(refused.stderr).toMatch(/results\/submit\/smoothout-[0-9a-f]{8}\/job\.sh is written/);
  });
});

describe.skipIf(!hasSlurm())('an array on a cluster of one node', () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm(await mkdtemp(join(tmpdir(), 'smoothout-slurm-')));
  });
  afterAll(() => slurm.stop());

  /** A sweep that has been trained undisturbed, and a way to submit the same to another folder. */
  async function sweep(settings: object) {
    const config = await smallConfig(settings);
    const [whole, out] = ['whole', 'results'].map((name) => join(dirname(config), name)) as [string, string];
    const args = (to: string) => [config, '--data', data, '--threads', '1', '--out', to];
    expect(await smoothout`run ${args(whole)}`).toMatchObject({ status: 0 });
    const submit = async (...more: readonly string[]) => {
      const { status, stdout } = await smoothout.with({ env: slurm.env })`submit slurm ${args(out)} ${more}`;
      expect(status).toBe(0);
      return /^Submitted batch job (\d+)\n$/.exec(stdout)![1]!;
    };
    return { submit, out, whole };
  }

  /** SHA-256s of all checkpoints, by their places. */
  async function digestsIn(out: string) {
    const names = await readdir(join(out, 'runs'), { recursive: true });
    const checkpoints = names.filter((name) => name.endsWith('.safetensors')).sort();
    const digest = async (name: string) => (await readSafetensors(join(out, 'runs', name))).metadata.sha256;
    return Promise.all(checkpoints.map(async (name) => [name, await digest(name)]));
  }

  async function logsIn(out: string) {
    const logs: string[] = [];
    for (const name of await readdir(join(out, 'submit'))) {
      for (const file of await readdir(join(out, 'submit', name))) {
        if (file.startsWith('task-')) logs.push(await readFile(join(out, 'submit', name, file), 'utf8'));
      }
    }
    return logs;
  }

  /** Waits for all tasks of a job to have said something so many times. */
  async function haveSaid(out: string, tasks: number, pattern: RegExp) {
    for (let said = 0; said < tasks; await sleep(100)) {
      said = (await logsIn(out)).filter((log) => pattern.test(log)).length;
    }
  }

  async function hasLeft(job: string) {
    while ((await slurm.command('squeue', '--noheader', '--format=.%F.')).includes(`.${job}.`)) await sleep(200);
  }

  test('warned of the end of their time tasks save and queue again; what scancel stops, the same submit finishes', async () => {
    // So long that no task has ended before the others have begun, on a busy machine too.
    const { submit, out, whole } = await sweep({
      epochs: 400,
      seeds: [1, 2],
      methods: [{ name: 'smoothout', noise: { a: 0.01 } }],
    });
    // Held, the tasks stay in the queue until they are released.
    const job = await submit('--time', '10', '--sbatch', '--hold');
    const shown = await smoothout.with({ env: slurm.env })`status ${out} --json`;
    const task = (index: number) => ({ task: `${job}_${index}`, state: 'PENDING', reason: 'JobHeldUser' });
    expect(shown.json.map((run) => run.slurm)).toEqual([1, 2].map(task));
    await slurm.command('scontrol', 'release', job);
    await haveSaid(out, 2, /: epoch 3\//);
    // As --signal=B:TERM does when the time is nearly up.
    await slurm.command('scancel', '--signal=TERM', '--batch', job);
    await haveSaid(out, 2, /everything so far is saved(.|\n)*: resuming in epoch/);
    await slurm.command('scancel', job);
    await hasLeft(job);
    expect(await digestsIn(out)).not.toEqual(await digestsIn(whole));
    await hasLeft(await submit('--time', '10'));
    expect(await digestsIn(out)).toEqual(await digestsIn(whole));
  });

  test.runIf(isSoak)(
    '12 runs whose time is too short for any at once end complete by queueing again alone',
    async () => {
      const { submit, out, whole } = await sweep({ epochs: 900, seeds: [1, 2, 3, 4, 5, 6] });
      // Slurm's shortest limit is a minute, and it looks at its clock twice a minute.
      await hasLeft(await submit('--time', '1', '--sbatch', '--signal=B:TERM@20'));
      expect(await digestsIn(out)).toEqual(await digestsIn(whole));
      const logs = await logsIn(out);
      const interrupted = logs.filter((log) => log.includes('everything so far is saved'));
      expect([logs.length, interrupted.length]).toEqual([12, 12]);
    },
    3_600_000,
  );
});
