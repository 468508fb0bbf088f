import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { readRunConfig, resolveRuns, runConfigText } from './resolve.js';
import type { Config } from './schema.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-resolve-'));
});

const TEXT = `
experiment: trial
model: c1
dataset: cifar10
epochs: 2
seeds: [1, 2]
optimizer: { weightDecay: 0.001 }
methods:
  - { name: baseline }
  - { name: smoothout, label: strong, noise: { a: 0.5 } }
  - { name: adasmoothout, optimizer: { weightDecay: 0 }, dropout: 0 }
  - { name: smoothout-deterministic, copies: 3, noise: { a: 0.02 } }
`;

async function load(text = TEXT, ...set: string[]): Promise<Config> {
  await writeFile(join(folder, 'a.yaml'), text);
  return (await loadConfigs(join(folder, 'a.yaml'), { set }))[0]!;
}

describe('resolveRuns', () => {
  test('gives one run for each method and seed', async () => {
    const runs = resolveRuns(await load());
    expect(runs.map(({ method, seed }) => `${method.label} ${seed}`)).toEqual([
      'baseline 1',
      'baseline 2',
      'strong 1',
      'strong 2',
      'adasmoothout 1',
      'adasmoothout 2',
      'smoothout-deterministic 1',
      'smoothout-deterministic 2',
    ]);
  });

  test('puts what a method changes into the run’s own settings', async () => {
    const [baseline, ada] = resolveRuns(await load(), { methods: ['baseline', 'adasmoothout'], seeds: [7] });
    expect(baseline).toMatchObject({ seed: 7, dropout: null, optimizer: { name: 'adam', weightDecay: 0.001 } });
    expect(ada).toMatchObject({ seed: 7, dropout: 0, optimizer: { name: 'adam', weightDecay: 0 } });
    const noise = { a: 0.1, per: 'step', schedule: 'constant', parameters: 'all', distribution: 'uniform' };
    expect(ada!.method).toEqual({ name: 'adasmoothout', label: 'adasmoothout', noise });
  });

  test('finds a method by its label, or by a name that is no label', async () => {
    const config = await load(`${TEXT}  - { name: baseline, label: swa, average: { kind: swa } }\n`);
    const chosen = (...methods: string[]) =>
      resolveRuns(config, { methods, seeds: [1] }).map(({ method }) => method.label);
    expect(chosen('strong')).toEqual(['strong']);
    expect(chosen('smoothout')).toEqual(['strong']);
    expect(chosen('baseline')).toEqual(['baseline']);
    expect(chosen('swa', 'baseline')).toEqual(['baseline', 'swa']);
    expect(() => resolveRuns(config, { methods: ['basline'] })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('did you mean "baseline"?') }),
    );
  });

  test('hashes what decides the result: not the seed, not the order of keys, not the other methods', async () => {
    const hashes = resolveRuns(await load()).map(({ configHash }) => configHash);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(4);
    const reordered = `methods: [{ name: baseline }]\nepochs: 2\noptimizer: { weightDecay: 0.001 }\ndataset: cifar10\nmodel: c1\nexperiment: trial\n`;
    expect(resolveRuns(await load(reordered))[0]!.configHash).toBe(hashes[0]);
    for (const change of ['epochs=3', 'synthetic=true', 'optimizer.clipNorm=5', 'trainLimit=4000']) {
      expect(resolveRuns(await load(TEXT, change))[0]!.configHash).not.toBe(hashes[0]);
    }
  });

  test('hashes settings that came later as before where they change nothing', async () => {
    // What the first version gave these runs.
    const hashes = resolveRuns(await load(), { seeds: [1] }).map(({ configHash }) => configHash.slice(0, 12));
    expect(hashes).toEqual(['7c7dd3b745cc', '328d932ff5ec', '369f742daf9c', '14b78e529020']);
  });

  test('leaves nothing out of the settings that a method of the user’s own has', async () => {
    await writeFile(join(folder, 'mine.ts'), 'export default { title: "Mine", build: () => ({}) };\n');
    const hashOf = async (settings: string) => {
      const own = `  - { name: ./mine.ts, settings: ${settings} }\n`;
      return resolveRuns(await load(TEXT + own), { methods: ['mine'] })[0]!.configHash;
    };
    const settings = ['{}', '{ warmup: 0 }', '{ decay: none }', '{ budget: 1 }', '{ budget: 1, epochs: 2 }'];
    const hashes = new Set<string>();
    for (const each of settings) hashes.add(await hashOf(each));
    expect(hashes.size).toBe(settings.length);
  });

  test('gives every run of results/ the hash that it was recorded with', async () => {
    const runs = fileURLToPath(new URL('../../results/runs', import.meta.url));
    const files = (await readdir(runs, { recursive: true })).filter((name) => name.endsWith('config.yaml'));
    expect(files.length).toBeGreaterThan(200);
    for (const file of files) {
      const record = JSON.parse(await readFile(join(runs, dirname(file), 'run.json'), 'utf8'));
      expect((await readRunConfig(join(runs, file))).configHash, file).toBe(record.configHash);
    }
  });

  test('takes a budget of epochs for epochs, and no note of epochs beside another budget', async () => {
    const hashOf = async (text: string, ...set: string[]) => resolveRuns(await load(text, ...set))[0]!.configHash;
    const without = TEXT.replace('epochs: 2\n', '');
    expect(await hashOf(`${without}budget: { epochs: 2 }\n`)).toBe(await hashOf(TEXT));
    const updates = await hashOf(`${without}budget: { updates: 100 }\n`);
    expect(updates).not.toBe(await hashOf(TEXT));
    expect(await hashOf(TEXT, 'budget.updates=100')).toBe(updates);
    expect(await hashOf(TEXT, 'budget.gradients=100')).not.toBe(updates);
  });
});

test('a run folder’s config.yaml is a config that gives the same run', async () => {
  for (const run of resolveRuns(await load(TEXT, 'preset=reference'))) {
    const path = join(folder, 'config.yaml');
    await writeFile(path, runConfigText(run));
    expect(await readRunConfig(path)).toEqual(run);
  }
  await expect(readRunConfig(join(folder, 'a.yaml'))).rejects.toThrow(/expected the config of one run, got 8/);
});

describe('preset', () => {
  const noisy = async (...set: string[]) => resolveRuns(await load(TEXT, ...set), { seeds: [1] });

  test('paper is the text as written', async () => {
    const [baseline, smoothout] = await noisy('preset=paper');
    expect(baseline).toMatchObject({
      optimizer: { reset: 'never', clipNorm: null },
      batchNorm: { scaleInitialisation: 'one' },
    });
    expect(smoothout!.method).toMatchObject({ noise: { per: 'step', schedule: 'constant', parameters: 'all' } });
  });

  test('reference is the code as it ran', async () => {
    const [baseline, smoothout, ada] = await noisy('preset=reference');
    expect(baseline).toMatchObject({
      optimizer: { reset: 'epoch', clipNorm: 5 },
      batchNorm: { scaleInitialisation: 'uniform' },
    });
    expect(smoothout!.method).toMatchObject({ noise: { per: 'ghostBatch', schedule: 'tanh', parameters: 'all' } });
    expect(ada!.method).toMatchObject({ noise: { per: 'ghostBatch', schedule: 'constant' } });
  });

  test('reference decays the weights with Adam, and sets ResNet44’s batch norm as its own code does', async () => {
    const adam = 'experiment: x\nmodel: f1\ndataset: mnist\nepochs: 1\npreset: reference\n';
    expect((await load(adam)).optimizer.weightDecay).toBe(1e-4);
    const sgd = await load(adam.replace('f1', 'resnet44').replace('mnist', 'cifar10'), 'optimizer.name=sgd');
    expect(sgd).toMatchObject({ optimizer: { weightDecay: 0 }, batchNorm: { scaleInitialisation: 'one' } });
  });

  test('gives way to what the config says itself', async () => {
    const [, smoothout] = await noisy('preset=reference', 'methods.strong.noise.per=step', 'optimizer.clipNorm=null');
    expect(smoothout).toMatchObject({
      optimizer: { weightDecay: 0.001, clipNorm: null, reset: 'epoch' },
      method: { noise: { per: 'step', schedule: 'tanh' } },
    });
  });
});

describe('--set', () => {
  test('reaches a method by label, name or place, and every method with noise', async () => {
    const strengths = async (...set: string[]) =>
      (await load(TEXT, ...set)).methods.map((method) => ('noise' in method ? method.noise?.a : null));
    expect(await strengths('methods.strong.noise.a=0.3')).toEqual([null, 0.3, 0.1, 0.02]);
    expect(await strengths('methods.adasmoothout.noise.a=0.3')).toEqual([null, 0.5, 0.3, 0.02]);
    expect(await strengths('methods.3.noise.a=0.3')).toEqual([null, 0.5, 0.1, 0.3]);
    expect(await strengths('noise.a=0.3', 'methods.3.noise.a=0')).toEqual([null, 0.3, 0.3, 0]);
  });

  test('may replace a whole list', async () => {
    const config = await load(TEXT, 'methods=[{name: baseline}]', 'seeds=4', 'schedule=[{epoch: 1, factor: 0.5}]');
    expect(config).toMatchObject({
      methods: [{ name: 'baseline' }],
      seeds: [4],
      schedule: [{ epoch: 1, factor: 0.5 }],
    });
  });
});
