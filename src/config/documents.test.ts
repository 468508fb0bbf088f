/** Configs as they are met: several in a file, several files, labels that are hard to name, weights to start from. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { readRunConfig, resolveAllRuns, resolveRuns, runConfigText } from './resolve.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-documents-'));
  path = join(folder, 'a.yaml');
});

const MINIMAL = 'experiment: trial\nmodel: mlp\ndataset: mnist\nepochs: 1\n';
const labels = (...all: string[]) => {
  const methods = all.map((label) => `  - { name: smoothout, label: "${label}", noise: { a: 0.5 } }\n`);
  return `${MINIMAL}methods:\n${methods.join('')}`;
};

async function load(text: string, ...set: string[]) {
  await writeFile(path, text);
  return loadConfigs(path, { set });
}

const refusal = (promise: Promise<unknown>, message: RegExp) =>
  expect(promise).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });

describe('documents', () => {
  test('are configs, each for itself', async () => {
    const second = MINIMAL.replace('trial', 'other').replace('epochs: 1', 'epochs: 2\nseeds: 3');
    const configs = await load(`${MINIMAL}---\n${second}`, 'batchSize=100');
    expect(configs).toMatchObject([
      { experiment: 'trial', epochs: 1, seeds: [1], batchSize: 100 },
      { experiment: 'other', epochs: 2, seeds: [3], batchSize: 100 },
    ]);
  });

  test('as a dry run prints them are the same runs', async () => {
    const runs = (await load(`${MINIMAL}seeds: 1-2\n`)).flatMap((config) => resolveRuns(config));
    const again = await load(runs.map(runConfigText).join('---\n'));
    expect(
      resolveAllRuns(
        again.map((config) => [config, path]),
        {},
      ),
    ).toEqual(runs);
  });

  test('name the line of a mistake in the second', async () => {
    await refusal(load(`${MINIMAL}---\n${MINIMAL}batchSize: 0\n`), /a\.yaml:10: batchSize: expected a whole number/);
  });
});

describe('runs that would share a folder', () => {
  test.each(['variants:\n  - { epochs: 1 }\n  - { epochs: 2 }\n', `---\n${MINIMAL}`])('%j', async (rest) => {
    const configs = await load(MINIMAL + rest);
    const named = configs.map((config) => [config, 'a.yaml'] as const);
    const message = 'two configs of a.yaml would share the folder runs/trial/baseline/seed-1';
    expect(() => resolveAllRuns(named, {})).toThrow(message);
  });

  test('in two files are named with both', async () => {
    const [config] = await load(MINIMAL);
    const message = 'a.yaml and b.yaml would share the folder runs/trial/smoothout/seed-4';
    const both = ['a.yaml', 'b.yaml'].map((file) => [config!, file] as const);
    expect(() => resolveAllRuns(both, { methods: ['smoothout'], seeds: [4] })).toThrow(message);
  });
});

describe('--set methods.…', () => {
  test.each([
    ['a label with a dot', ['smoothout-0.05', 'x'], 'smoothout-0.05', [0.25, 0.5]],
    ['the longer of two labels', ['a', 'a.noise'], 'a.noise', [0.5, 0.25]],
    ['a label of digits, not a place', ['1', '0'], '1', [0.25, 0.5]],
    ['a name, of every method that has it', ['x', 'y'], 'smoothout', [0.25, 0.25]],
    ['a label before a name', ['x', 'smoothout'], 'smoothout', [0.5, 0.25]],
    ['a place where nothing has that label', ['x', 'y'], '1', [0.5, 0.25]],
  ])('takes %s', async (_, given, key, expected) => {
    const [config] = await load(labels(...given), `methods.${key}.noise.a=0.25`);
    expect(config!.methods.map((method) => 'noise' in method && method.noise?.a)).toEqual(expected);
  });
});

describe('init', () => {
  const runOf = async () => resolveRuns((await load(`${MINIMAL}init: weights/w.safetensors\n`))[0]!)[0]!;
  const weights = () => join(folder, 'weights/w.safetensors');
  beforeEach(async () => {
    await mkdir(join(folder, 'weights'));
    await writeFile(weights(), 'one');
  });

  test('is beside its config, and what it holds is part of what a run is', async () => {
    const before = await runOf();
    expect(before.init).toBe(weights());
    await writeFile(weights(), 'two');
    expect((await runOf()).configHash).not.toBe(before.configHash);
  });

  test('must stay as it was while its run goes on; a finished run can be read without it', async () => {
    const run = await runOf();
    await writeFile(path, runConfigText(run));
    expect((await readRunConfig(path)).configHash).toBe(run.configHash);
    await writeFile(weights(), 'two');
    await refusal(readRunConfig(path), /init: .*w\.safetensors: has changed since this run began/);
    await rm(weights());
    expect((await readRunConfig(path)).configHash).toBe(run.configHash);
  });
});
