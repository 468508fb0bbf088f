import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { MEASURES } from '../records/perturbation-measures.js';
import { parseSharpnessRecord, type SharpnessRecord } from '../records/sharpness-record.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';
import { type TrainedRuns, trainRuns } from './testing/trained-runs.js';

let runs: TrainedRuns;
beforeAll(async () => {
  runs = await trainRuns();
});

const measure: Command = (...line) => smoothout`sharpness --data ${runs.data} ${words(...line)}`;
const folder = () => mkdtemp(join(tmpdir(), 'smoothout-sharpness-cli-'));
const recordAt = async (path: string): Promise<SharpnessRecord> => parseSharpnessRecord(await readFile(path, 'utf8'));

/** A copy of the baseline's checkpoint and config in a folder of its own. */
async function copyOfRun(): Promise<string> {
  const to = await folder();
  for (const name of ['best.safetensors', 'last.safetensors', 'config.yaml']) {
    await copyFile(join(dirname(runs.best('baseline')), name), join(to, name));
  }
  return join(to, 'best.safetensors');
}

describe('smoothout sharpness', () => {
  test('prints a table and writes sharpness.json for every checkpoint and convention', async () => {
    const checkpoints = [runs.best('baseline'), runs.best('smoothout')];
    const { status, stdout, stderr } = await measure`--ckpt ${checkpoints} --all-conventions --batch-size 250`;
    expect(status).toBe(0);
    expect(stderr).toContain('tiny/baseline, seed 1, keskar: measuring\n');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^checkpoint +convention +split +batch norm +gradient +loss +sharpness +repeats /);
    expect(lines[2]).toMatch(/^tiny\/baseline, seed 1 +keskar +train +batch of 250 +exact +[\d.]+ +[\d.]+ +5 × same /);
    expect(lines[6]).toMatch(/^tiny\/smoothout, seed 1 +reference +test +running +reference /);
    for (const checkpoint of checkpoints) {
      const path = join(dirname(checkpoint), 'sharpness.json');
      expect(stdout).toContain(path);
      const { measurements, epoch } = await recordAt(path);
      expect(epoch).toBeGreaterThan(0);
      expect(measurements.map((m) => [m.convention, m.images, m.repeats.length])).toEqual([
        ['defined', 500, 5],
        ['keskar', 500, 5],
        ['reference', 250, 5],
      ]);
      const [defined, keskar] = measurements;
      expect(defined!.value).toBeGreaterThan(keskar!.value);
      expect(keskar!.value).toBeGreaterThan(0);
    }
  });

  test('--json: a line a measurement; what has been measured is not measured again, unless --force', async () => {
    const checkpoint = await copyOfRun();
    const args = words`--ckpt ${checkpoint} --json --images 200 --start random --repeats 2 --seed 7`;
    const first = await measure`${args}`;
    expect(first.json).toHaveLength(1);
    const [measured] = first.json;
    expect(measured).toMatchObject({
      event: 'sharpness',
      checkpoint,
      run: { experiment: 'tiny', method: 'baseline', seed: 1 },
      record: join(dirname(checkpoint), 'sharpness.json'),
      convention: 'custom',
      images: 200,
      splitImages: 500,
      repeatsRun: 2,
      seed: 7,
    });
    expect(measured.repeats[0]).not.toBe(measured.repeats[1]);
    const second = await measure`${args}`;
    expect(second.stderr).toContain(`${checkpoint}: measured before (--force measures again)\n`);
    expect(second.json).toEqual([measured]);
    const [third] = (await measure`${args} --force`).json;
    expect({ ...third, seconds: 0 }).toEqual({ ...measured, seconds: 0 });
    expect((await recordAt(measured.record)).measurements).toHaveLength(1);
  });

  test('--check and --manifold', async () => {
    const checkpoint = await copyOfRun();
    const { stdout } = await measure`--ckpt ${checkpoint} --images 100 --repeats 2 --manifold 4 --check`;
    const [header, row] = stdout.split('\n');
    expect(header).toMatch(/ sharpness +by ascent +eigenvalue +repeats /);
    expect(row).toMatch(/ custom, p = 4 +train \(part: 100\) /);
    expect(stdout).toContain('part: only the first images of the split were measured.');
  });

  test('--measure: other measures stand apart from Keskar’s, with their definitions', async () => {
    const checkpoint = await copyOfRun();
    await measure`--ckpt ${checkpoint} --images 100`;
    const args = words`--ckpt ${checkpoint} --measure worst --norm linf --adaptive --radius 0.01 --m 50 --images 120`;
    const { stdout, stderr } = await measure`${args}`;
    expect(stderr).not.toContain('measured before');
    const title = 'worst case, L∞, adaptive, ρ = 0.01, m = 50';
    expect(stdout).toMatch(new RegExp(`^tiny/baseline, seed 1 +${title} +100 +[\\d.]+ +[\\d.]+ +[\\d.]+ +42 `, 'm'));
    const again = await measure`${args} --json`;
    expect(again.stderr).toContain(`${checkpoint}: measured before (--force measures again)\n`);
    const [{ event, value, definition }] = again.json;
    expect({ event, definition }).toEqual({ event: 'sharpness', definition: MEASURES.worst.definition });
    const averages = await measure`--ckpt ${checkpoint} --measure average --images 100 --m 100 --steps 3 --json`;
    const { measurements, perturbations } = await recordAt(join(dirname(checkpoint), 'sharpness.json'));
    expect(measurements).toHaveLength(1);
    expect(perturbations.map((one) => one.value)).toEqual([value, averages.json[0].value]);
  });

  test('last.safetensors too, in a file of its own; its optimizer is no part of the network', async () => {
    const last = join(dirname(await copyOfRun()), 'last.safetensors');
    expect((await measure`--ckpt ${last} --images 100`).status).toBe(0);
    const record = await recordAt(join(dirname(last), 'last-sharpness.json'));
    expect(record).toMatchObject({ checkpoint: 'last.safetensors', epoch: 4 });
    expect(await readdir(dirname(last))).not.toContain('sharpness.json');
  });

  test('a checkpoint that stands alone, with --config', async () => {
    const checkpoint = await copyOfRun();
    const config = join(await folder(), 'mine.yaml');
    await writeFile(config, await readFile(join(dirname(checkpoint), 'config.yaml')));
    await rm(join(dirname(checkpoint), 'config.yaml'));
    const alone = await measure`--ckpt ${checkpoint} --images 100`;
    expect(alone).toBeRefused({ status: 5, saying: 'there is no config.yaml beside it' });
    expect((await measure`--ckpt ${checkpoint} --images 100 --config ${config}`).status).toBe(0);
  });
});

describe('bad checkpoints are refused with status 5 and a reason, and nothing is written', () => {
  const cases: [string, (good: Buffer) => Uint8Array | Promise<Uint8Array>, RegExp][] = [
    [
      'a pickle',
      () => Buffer.from(`\x80\x02}q\x00(X\x05\x00\x00\x00state${' '.repeat(50)}.`, 'latin1'),
      /pickle|PyTorch/i,
    ],
    ['a truncated file', (good) => good.subarray(0, good.length - 100), /cut short/],
    ['an oversized header', (good) => Buffer.concat([Buffer.alloc(8, 0x7f), good.subarray(8)]), /header claims/],
    ['changed bytes', (good) => Buffer.from(good).fill(1, good.length - 8), /have changed/],
    ['a missing tensor', (good) => withTensors(good, (all) => delete all[Object.keys(all)[0]!]), /lacks/],
    [
      'a tensor of another shape',
      (good) =>
        withTensors(good, (all) => {
          const name = Object.keys(all)[0]!;
          all[name] = { ...all[name]!, shape: [all[name]!.data.length, 1] };
        }),
      /with shape \[\d+,1\], where the model has/,
    ],
    [
      'a number that is none',
      (good) =>
        withTensors(good, (all) => {
          (Object.values(all)[0]!.data as Float32Array)[3] = Number.NaN;
        }),
      /holds NaN at/,
    ],
  ];
  let refused: Awaited<ReturnType<typeof measure>>;
  const spoilt: string[] = [];
  beforeAll(async () => {
    for (const [, spoil] of cases) {
      const checkpoint = await copyOfRun();
      await writeFile(checkpoint, await spoil(await readFile(checkpoint)));
      spoilt.push(checkpoint);
    }
    refused = await measure`--ckpt ${spoilt}`;
  });

  test('status 5', () => {
    expect(refused).toMatchObject({ status: 5, stdout: '' });
  });

  test.each(cases.map(([name, , reason], i) => [name, reason, i] as const))('%s', async (_, reason, i) => {
    const line = refused.stderr.split('\n').find((text) => text.includes(spoilt[i]!));
    expect(line).toMatch(reason);
    expect(await readdir(dirname(spoilt[i]!))).toHaveLength(3);
  });

  test('the good ones beside it are measured all the same', async () => {
    const good = await copyOfRun();
    const none = join(dirname(good), 'none.safetensors');
    const { status, stdout, stderr } = await measure`--ckpt ${none} ${good} --images 50`;
    expect(status).toBe(5);
    expect(stderr).toContain('there is no such file');
    expect(stdout).toMatch(/^tiny\/baseline, seed 1 /m);
  });

  type Tensors = Record<string, Awaited<ReturnType<typeof readSafetensors>>['tensors'][string]>;
  async function withTensors(good: Buffer, change: (tensors: Tensors) => unknown): Promise<Uint8Array> {
    const path = join(await folder(), 'good.safetensors');
    await writeFile(path, good);
    const { tensors, metadata } = await readSafetensors(path);
    const changed: Tensors = { ...tensors };
    change(changed);
    const { sha256: _, ...rest } = metadata;
    return encodeSafetensors(changed, rest);
  }
});

describe('usage', () => {
  test.each([
    ['--epsilon 0', '--epsilon 0: expected a number above 0'],
    ['--repeats 1.5', '--repeats 1.5: expected a whole number of at least 1'],
    ['--split tset', "option '--split <name>' argument 'tset' is invalid"],
    ['--measure worst --epsilon 0.1', '--epsilon means nothing to --measure worst'],
    ['--radius 0.1', '--radius means nothing to --measure keskar'],
    ['--measure lpf --adaptive', '--adaptive means nothing to --measure lpf'],
    ['--all-conventions --split test', "option '--all-conventions' cannot be used with option '--split <name>'"],
    ['--manifold 10000', '--manifold 10000: the network has only 9574 parameters'],
  ])('%s', async (options, saying) => {
    const refused = await measure`--ckpt ${runs.best('baseline')} ${options.split(' ')}`;
    expect(refused).toBeRefused({ status: 2, saying });
  });

  test('without a checkpoint', async () => {
    expect(await measure``).toBeRefused({ status: 2, saying: "option '--ckpt <file...>'" });
  });
});

test('interrupted, it stops with status 75 and keeps what it has measured', async () => {
  const checkpoint = await copyOfRun();
  await measure`--ckpt ${checkpoint} --images 50`;
  const record = await readFile(join(dirname(checkpoint), 'sharpness.json'), 'utf8');
  const running = measure`--ckpt ${checkpoint} --batch-size 1 --max-iterations 1000`;
  await running.says(/measuring\n$/);
  running.kill('SIGINT');
  const { status, stderr } = await running;
  expect(status).toBe(75);
  expect(stderr).toContain('interrupted');
  expect(await readFile(join(dirname(checkpoint), 'sharpness.json'), 'utf8')).toBe(record);
});
