import { describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { configFolder, MINIMAL } from './testing/config-folder.js';

const { inFolder, write, load, complaint } = configFolder();

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
  expect(config).toMatchObject({ model: 'mlp', dataset: inFolder('mine.ts') });
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

  test.each([
    ['5-1', 'seeds: 5-1 is backwards; did you mean 1-5?'],
    ['1-1000000000', 'seeds: 1-1000000000 is more than 10000 seeds'],
  ])('%s is refused, and why', async (text, expected) => {
    expect(await complaint(`${MINIMAL}seeds: ${text}\n`)).toBe(`a.yaml:5: ${expected}`);
  });

  test.each(['5-1', 'x', '-1', '[1.5]', '[]', '[1, 1]', '1-99999999'])('%s is refused', async (text) => {
    expect(await complaint(`${MINIMAL}seeds: ${text}\n`)).toMatch(/^a\.yaml:5: seeds/);
  });
});
