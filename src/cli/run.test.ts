import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { type Command, smoothout, words } from './testing/smoothout.js';

let data: string;
beforeAll(async () => {
  data = await smallMnist();
});

/** Runs a config in a folder of its own; `run` again repeats the same command. */
async function command(settings: object = {}) {
  const config = await smallConfig(settings);
  const out = join(dirname(config), 'results');
  const run: Command = (...line) => smoothout`run ${config} --data ${data} --out ${out} ${words(...line)}`;
  const record = async (method: string, seed = 1) =>
    JSON.parse(await readFile(join(out, 'runs', 'small', method, `seed-${seed}`, 'run.json'), 'utf8'));
  return { config, out, run, record };
}

describe('smoothout run', () => {
  test('trains every method, shows each epoch on stderr and a table on stdout', async () => {
    const { run, out } = await command();
    const { status, stdout, lines, stderr } = await run``;
    expect(status).toBe(0);
    expect(stderr.match(/: epoch /g)).toHaveLength(6);
    expect(stderr).toMatch(
      /^small baseline seed 1: epoch 1\/3: loss [\d.]+, accuracy [\d.]+%; validation loss [\d.]+, accuracy [\d.]+%; \d+ images\/s$/m,
    );
    expect(lines[0]).toMatch(/^experiment +method +seed +batch +epochs +best % +last % +images\/s +status$/);
    expect(lines[1]).toMatch(/^small +baseline +1 +50 +3 +[\d.]+ +[\d.]+ +\d+ +completed$/);
    expect(lines[2]).toMatch(/^small +smoothout +1 +50 +3 +[\d.]+ +[\d.]+ +\d+ +completed$/);
    expect(stdout).toContain(`Runs are in ${out}/runs`);
    expect(stdout + stderr).not.toContain('\u001b');
  });

  test('shows what the average of the parameters comes to, where there is one', async () => {
    const { run, record } = await command({ epochs: 2, methods: [{ name: 'baseline', average: { kind: 'ema' } }] });
    const { lines } = await run``;
    const { averageBestAccuracy: best, averageFinalAccuracy: last } = await record('baseline');
    expect(lines[1]).toMatch(new RegExp(`2 +${best.toFixed(2)} +${last.toFixed(2)} +\\d+ +completed, of the average$`));
  });

  test('skips what is finished, and --force starts over', async () => {
    const { run, record } = await command({ methods: [{ name: 'baseline' }] });
    const first = await run``;
    const { startedAt } = await record('baseline');
    const again = await run``;
    expect(again).toMatchObject({
      status: 0,
      stdout: first.stdout,
      stderr: expect.stringContaining('small baseline seed 1: completed before; --force runs it again\n'),
    });
    expect((await record('baseline')).startedAt).toBe(startedAt);
    expect((await run`--force`).stderr.match(/: epoch /g)).toHaveLength(3);
    expect((await record('baseline')).startedAt).not.toBe(startedAt);
  });

  test('--json prints epochs and runs as objects, one a line', async () => {
    const { run, record } = await command({ epochs: 2, methods: [{ name: 'baseline' }] });
    const { status, json: events } = await run`--json`;
    expect(status).toBe(0);
    expect(events.map(({ event, epoch }) => [event, epoch])).toEqual([
      ['epoch', 1],
      ['epoch', 2],
      ['run', undefined],
    ]);
    expect(events[1]).toMatchObject({ experiment: 'small', method: 'baseline', seed: 1, step: 16, learningRate: 0.01 });
    expect(events[2]).toEqual({ event: 'run', ...(await record('baseline')) });
  });

  test('--seed, --method and --set choose and change', async () => {
    const { run, record } = await command();
    const { lines } = await run`--seed 3-4 --method smoothout --set epochs=1 --set noise.a=0.2`;
    expect(lines.slice(1, 3).map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'small smoothout 3',
      'small smoothout 4',
    ]);
    expect(await record('smoothout', 4)).toMatchObject({ epochs: 1, seed: 4 });
  });

  test('--dry-run prints configs that run to the same, and leaves nothing', async () => {
    const { run, out } = await command();
    const { status, stdout, stderr } = await run`--dry-run`;
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('2 runs; nothing was trained') });
    const documents = stdout.split('---\n');
    expect(documents).toHaveLength(2);
    for (const document of documents)
      expect(document).toMatch(/^# The resolved settings of this run\..*\nexperiment: small\n/);
    const { json: plan } = await run`--dry-run --json`;
    expect(plan.map(({ event, method }) => [event, method.name])).toEqual([
      ['plan', 'baseline'],
      ['plan', 'smoothout'],
    ]);
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the config of a run repeats it', async () => {
    const { run, out } = await command({ methods: [{ name: 'smoothout', noise: { a: 0.03, schedule: 'tanh' } }] });
    await run``;
    const folder = join(out, 'runs', 'small', 'smoothout', 'seed-1');
    const second = join(out, 'again');
    await smoothout`run ${join(folder, 'config.yaml')} --data ${data} --out ${second}`;
    const same = async (root: string) => readFile(join(root, 'runs/small/smoothout/seed-1/last.safetensors'));
    expect(await same(second)).toEqual(await same(out));
  });
});

describe('a run that diverges', () => {
  const settings = {
    epochs: 1,
    methods: [
      { name: 'smoothout', label: 'wild', optimizer: { name: 'sgd', learningRate: 1e38 } },
      { name: 'smoothout', label: 'wild-too', optimizer: { name: 'sgd', learningRate: 1e38 } },
      { name: 'baseline' },
    ],
  };

  test('is told when it happens and at the end; the others go on', async () => {
    const { run, record } = await command(settings);
    const { status, stdout, stderr } = await run``;
    expect(status).toBe(1);
    for (const name of ['wild', 'wild-too']) {
      const said = `^smoothout: small ${name} seed 1: the loss became (NaN|Infinity) in epoch 1, step \\d`;
      expect(stderr).toMatch(new RegExp(said, 'm'));
    }
    expect(stderr).toContain('small baseline seed 1: 1 of 3 runs done, 2 failed\n');
    expect(stderr).toContain('Try a smaller learning rate');
    expect(stdout).toMatch(/^small +wild +1 .*diverged$/m);
    expect(stdout).toMatch(/^small +baseline +1 .*completed$/m);
    expect(stdout).toMatch(/^small wild seed 1: the loss became/m);
    expect(await record('wild')).toMatchObject({ status: 'diverged', error: { code: 'DIVERGED' } });
    expect(await record('baseline')).toMatchObject({ status: 'completed' });
    // The same command comes to the same, without training anything again.
    const again = await run``;
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('small wild seed 1: diverged before; --force runs it again\n');
  });

  test('with --fail-fast is the last', async () => {
    const { run, out } = await command(settings);
    expect((await run`--fail-fast`).status).toBe(1);
    expect(await readdir(join(out, 'runs', 'small'))).toEqual(['wild']);
  });

  test('with --json is an event', async () => {
    const { run } = await command(settings);
    const { json } = await run`--fail-fast --json`;
    expect(json.at(-1)).toMatchObject({
      event: 'failure',
      experiment: 'small',
      method: 'wild',
      seed: 1,
      error: { code: 'DIVERGED' },
    });
  });
});
