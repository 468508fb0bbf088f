import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { resolveRuns } from './resolve.js';
import type { Config } from './schema.js';
import { type Choice, readTuned, tunedPath, writeTuned } from './tuned.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-config-'));
});

const MINIMAL = 'experiment: trial\nmodel: f1\ndataset: mnist\nepochs: 2\n';

async function write(text: string, name = 'a.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function load(text: string, ...set: string[]): Promise<Config> {
  const configs = await loadConfigs(await write(text), { set });
  expect(configs).toHaveLength(1);
  return configs[0]!;
}

/** The error's message, with the folder's name left out. */
async function complaint(text: string, ...set: string[]): Promise<string> {
  const error = await load(text, ...set).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitStatus: 2 });
  return (error as Error).message.replaceAll(`${folder}/`, '');
}

describe('a config of four keys', () => {
  test('has every default', async () => {
    const noise = { a: 0.01, per: 'step', schedule: 'constant', parameters: 'all', distribution: 'uniform' };
    expect(await load(MINIMAL)).toEqual({
      experiment: 'trial',
      model: 'f1',
      dataset: 'mnist',
      epochs: 2,
      budget: null,
      batchSize: 256,
      ghostBatchSize: null,
      preset: 'paper',
      optimizer: {
        name: 'adam',
        learningRate: 0.001,
        weightDecay: 0,
        momentum: 0.9,
        scaleLearningRate: false,
        scaling: 'none',
        referenceBatchSize: 256,
        warmup: 0,
        decay: 'none',
        trust: 0.001,
        clipNorm: null,
        reset: 'never',
      },
      schedule: [],
      augment: false,
      average: null,
      dropout: null,
      batchNorm: { scaleInitialisation: 'one' },
      hidden: null,
      init: null,
      synthetic: false,
      validation: 'test',
      trainLimit: null,
      validationLimit: null,
      seeds: [1],
      methods: [
        { name: 'baseline', optimizer: {} },
        { name: 'smoothout', optimizer: {}, noise },
      ],
    });
  });

  test.each(['experiment', 'model', 'dataset', 'epochs'])('needs %s', async (key) => {
    const text = MINIMAL.split('\n').filter((line) => !line.startsWith(key));
    expect(await complaint(text.join('\n'))).toMatch(new RegExp(`^a\\.yaml:1: ${key} is missing: expected `));
  });
});

test('mlp is for any data set, one of the user’s own too', async () => {
  await write(
    'export default { title: "T", classes: 2, shape: { channels: 1, height: 2, width: 2 }, load: () => {} };',
    'mine.ts',
  );
  const config = await load(MINIMAL.replace('f1', 'mlp').replace('mnist', './mine.ts'));
  expect(config).toMatchObject({ model: 'mlp', dataset: join(folder, 'mine.ts') });
});

describe('extends', () => {
  test('puts a file on top of another, mappings key by key and lists whole', async () => {
    await write(
      `${MINIMAL}optimizer: { learningRate: 0.5, clipNorm: 5 }\nmethods: [{ name: baseline }]\n`,
      'base.yaml',
    );
    const config = await load('extends: base.yaml\nepochs: 7\noptimizer: { learningRate: 0.1 }\n');
    expect(config).toMatchObject({ experiment: 'trial', epochs: 7, optimizer: { learningRate: 0.1, clipNorm: 5 } });
    expect(config.methods).toHaveLength(1);
  });

  test('blames the file that a wrong value stands in', async () => {
    await write(`${MINIMAL}batchSize: none\n`, 'base.yaml');
    expect(await complaint('extends: base.yaml\nepochs: 7\n')).toBe(
      'base.yaml:5: batchSize: expected a whole number of at least 1, got "none"',
    );
  });

  test('says which line names a file that is not there', async () => {
    await write(MINIMAL, 'f1-sb.yaml');
    expect(await complaint('\nextends: f1-bs.yaml\n')).toBe(
      'a.yaml:2: extends: f1-bs.yaml: there is no such file; did you mean "f1-sb.yaml"?',
    );
  });

  test('never goes round in circles', async () => {
    await write('extends: a.yaml\n', 'b.yaml');
    expect(await complaint('extends: b.yaml\n')).toMatch(/^b\.yaml:1: extends: a\.yaml extends itself$/);
  });
});

describe('variants', () => {
  const two = 'variants:\n  - { experiment: small }\n  - { experiment: large, batchSize: 6000 }\n';

  test('make one file several configs', async () => {
    const configs = await loadConfigs(await write(MINIMAL + two), { set: ['epochs=9'] });
    expect(configs.map(({ experiment, batchSize, epochs }) => [experiment, batchSize, epochs])).toEqual([
      ['small', 256, 9],
      ['large', 6000, 9],
    ]);
  });

  test.each(['variants: []', 'variants: 3', 'variants: [3]'])('%s is refused', async (text) => {
    expect(await complaint(`${MINIMAL}${text}\n`)).toMatch(/^a\.yaml:5: variants: expected a list of mappings/);
  });
});

describe('seeds', () => {
  test.each([
    ['[4, 2]', [4, 2]],
    ['3', [3]],
    ['1-4', [1, 2, 3, 4]],
    ['"1, 3-4"', [1, 3, 4]],
  ])('%s', async (text, seeds) => {
    expect((await load(`${MINIMAL}seeds: ${text}\n`)).seeds).toEqual(seeds);
    expect((await load(MINIMAL, `seeds=${text}`)).seeds).toEqual(seeds);
  });

  test.each(['5-1', 'x', '-1', '[1.5]', '[]', '[1, 1]', '1-99999999'])('%s is refused', async (text) => {
    expect(await complaint(`${MINIMAL}seeds: ${text}\n`)).toMatch(/^a\.yaml:5: seeds/);
  });
});

describe('a tuned strength', () => {
  const text = `${MINIMAL}methods: [{ name: smoothout, noise: { a: tuned } }]\n`;

  test('comes from the file beside the config', async () => {
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [CHOICE]);
    expect((await load(text)).methods[0]).toMatchObject({ noise: { a: 0.02 } });
    expect((await load(text, 'noise.a=0.5')).methods[0]).toMatchObject({ noise: { a: 0.5 } });
  });

  test('that is not there says how to get it', async () => {
    await expect(load(text)).rejects.toMatchObject({
      message: expect.stringMatching(/a\.yaml:5: methods\.0\.noise\.a: nothing has been tuned for smoothout/),
      hint: expect.stringContaining('smoothout tune'),
    });
  });

  test('is not read from a damaged file', async () => {
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [{ ...CHOICE, strength: -1 }]);
    expect(await complaint(text)).toMatch(/tuned\/trial\.yaml: choices\.0\.strength: /);
  });

  test('is not read from a file of the first form, which has no choices', async () => {
    await mkdir(join(folder, 'tuned'));
    const first = 'experiment: trial\nvalidation: holdout:5000\nepochs: 3\nseeds: [1]\ntrials: []\n';
    await write(`${first}strengths: { smoothout: 0.023 }\n`, 'tuned/trial.yaml');
    await expect(load(text)).rejects.toMatchObject({
      message: expect.stringMatching(/tuned\/trial\.yaml: choices: /),
      hint: 'Delete the file and run smoothout tune again.',
    });
  });

  test('of the generated stand-in is another than that of the real data', async () => {
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [
      CHOICE,
      { ...CHOICE, synthetic: true, chosen: { 'noise.a': 0.5 } },
    ]);
    expect((await load(text)).methods[0]).toMatchObject({ noise: { a: 0.02 } });
    expect((await load(text, 'synthetic=true')).methods[0]).toMatchObject({ noise: { a: 0.5 } });
  });

  test('of the real data serves generated data that has none of its own, never the other way round', async () => {
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [CHOICE]);
    expect((await load(text, 'synthetic=true')).methods[0]).toMatchObject({ noise: { a: 0.02 } });
    await writeTuned(join(folder, 'tuned/other.yaml'), 'other', [{ ...CHOICE, synthetic: true }]);
    expect(await complaint(text.replace('trial', 'other'))).toMatch(/nothing has been tuned for smoothout/);
  });

  test('may be the learning rate of a method', async () => {
    const lars = 'name: baseline, label: lars, optimizer: { name: lars, learningRate: tuned }';
    const chosen = { 'methods.lars.optimizer.learningRate': 2 };
    const own = `${MINIMAL}methods: [{ ${lars} }]\n`;
    await expect(load(own)).rejects.toMatchObject({
      hint: expect.stringContaining('--grid methods.lars.optimizer.learningRate='),
    });
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [{ ...CHOICE, method: 'lars', chosen }]);
    const [run] = resolveRuns(await load(own));
    expect(run!.optimizer).toMatchObject({ name: 'lars', learningRate: 2 });
    expect(await complaint(`${MINIMAL}optimizer: { learningRate: tuned }\n`)).toMatch(/expected a number above 0, got/);
  });

  test('says how it was chosen, which is no setting of a run', async () => {
    await writeTuned(join(folder, 'tuned/trial.yaml'), 'trial', [CHOICE]);
    const [own] = resolveRuns(await load(text));
    expect(own!.tuning).toEqual({
      smoothout:
        'noise.a from 2 values, 0.02 to 0.04 (5000 held-out images, 3 epochs, 2 seeds); the best mean is at the lower edge of the grid',
    });
    const [given] = resolveRuns(await load(text, 'noise.a=0.02'));
    expect(given!.configHash).toBe(own!.configHash);
  });

  test('is not missed by methods that are asked for instead', async () => {
    const two = `${MINIMAL}methods: [{ name: baseline }, { name: smoothout, noise: { a: tuned } }]\n`;
    const path = await write(two, 'two.yaml');
    await expect(loadConfigs(path, { methods: ['baseline'] })).resolves.toHaveLength(1);
    await expect(loadConfigs(path, { methods: ['smoothout'] })).rejects.toThrow(/nothing has been tuned/);
  });
});

const CHOICE: Choice = {
  ...{
    method: 'smoothout',
    synthetic: false,
    strength: 0.02,
    edge: 'lower',
    validation: 'holdout:5000',
    epochs: 3,
    seeds: [1, 2],
  },
  ...{ chosen: { 'noise.a': 0.02 }, best: { 'noise.a': 0.02 } },
  trials: [
    { settings: { 'noise.a': 0.02 }, accuracies: [90, 91], mean: 90.5, ci95: 6.3531 },
    { settings: { 'noise.a': 0.04 }, accuracies: null, mean: null, ci95: null },
  ],
};

describe('what smoothout tune chose', () => {
  test('is written beside the config and read back; another method’s choice stays, the same one’s is replaced', async () => {
    const path = tunedPath(join(folder, 'c1-lb.yaml'), 'c1-lb');
    expect(path).toBe(join(folder, 'tuned', 'c1-lb.yaml'));
    expect(await readTuned(path)).toBeNull();
    const ada = { ...CHOICE, method: 'adasmoothout' };
    await writeTuned(path, 'c1-lb', [CHOICE]);
    await writeTuned(path, 'c1-lb', [ada]);
    await writeTuned(path, 'c1-lb', [{ ...CHOICE, strength: 0.03 }]);
    expect(await readTuned(path)).toEqual({ experiment: 'c1-lb', choices: [ada, { ...CHOICE, strength: 0.03 }] });
    expect(await readFile(path, 'utf8')).toMatch(/^# Chosen by `smoothout tune` on held-out training images/);
  });

  test('measured on the test set is refused', async () => {
    await writeTuned(join(folder, 'a.yaml'), 'a', [{ ...CHOICE, validation: 'test' }]);
    await expect(readTuned(join(folder, 'a.yaml'))).rejects.toThrow(/a\.yaml: choices\.0\.validation: /);
  });
});
