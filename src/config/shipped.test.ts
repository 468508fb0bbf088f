/** The configs that are shipped: one for each row of the paper's Table 1. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { method } from './methods.js';
import { resolveRuns } from './resolve.js';

const FOLDER = fileURLToPath(new URL('../../configs', import.meta.url));

/** Table 1: network, data, augmentation, optimizer, epochs, learning rate, ghost batches, batch size; Tables 2 and 3: methods. */
const ROWS: [string, string, string, boolean, string, number, number, boolean, number, string][] = [
  ['f1-sb', 'f1', 'mnist', false, 'adam', 200, 0.001, false, 256, 'baseline smoothout'],
  ['f1-lb', 'f1', 'mnist', false, 'adam', 200, 0.001, false, 6000, 'baseline smoothout'],
  ['c1-sb', 'c1', 'cifar10', false, 'adam', 200, 0.001, false, 256, 'baseline smoothout'],
  ['c1-lb', 'c1', 'cifar10', false, 'adam', 200, 0.001, false, 5000, 'baseline smoothout'],
  ['c3-sb', 'c3', 'cifar100', false, 'adam', 200, 0.001, false, 256, 'baseline smoothout'],
  ['c3-lb', 'c3', 'cifar100', false, 'adam', 200, 0.001, false, 5000, 'baseline smoothout'],
  ['resnet44-cifar10-sb', 'resnet44', 'cifar10', true, 'sgd', 200, 0.1, false, 128, 'baseline'],
  ['resnet44-cifar10-lb', 'resnet44', 'cifar10', true, 'sgd', 200, 0.1, false, 2048, 'baseline'],
  [
    'resnet44-cifar10-lb-gbn',
    'resnet44',
    'cifar10',
    true,
    'sgd',
    200,
    0.4,
    true,
    2048,
    'baseline smoothout adasmoothout',
  ],
  ['resnet44-cifar100-sb', 'resnet44', 'cifar100', true, 'sgd', 200, 0.1, false, 128, 'baseline'],
  ['resnet44-cifar100-lb', 'resnet44', 'cifar100', true, 'sgd', 200, 0.1, false, 1024, 'baseline'],
  [
    'resnet44-cifar100-lb-gbn',
    'resnet44',
    'cifar100',
    true,
    'sgd',
    200,
    0.283,
    true,
    1024,
    'baseline smoothout adasmoothout',
  ],
  ['alexnet-sb', 'alexnet', 'imagenet', true, 'sgd', 60, 0.01, false, 256, 'baseline'],
  ['alexnet-lb-gbn', 'alexnet', 'imagenet', true, 'sgd', 60, 0.113, true, 16_384, 'baseline adasmoothout'],
];

describe('configs/', () => {
  test.each(ROWS)(
    '%s is its row of Table 1',
    async (name, model, dataset, augment, optimizer, epochs, learningRate, ghost, batchSize, methods) => {
      const [config] = await loadConfigs(join(FOLDER, `${name}.yaml`));
      expect(config).toMatchObject({ experiment: name, model, dataset, augment, epochs, batchSize, preset: 'paper' });
      const { scaleLearningRate, learningRate: base } = config!.optimizer;
      const scale = scaleLearningRate ? Math.sqrt(batchSize / config!.ghostBatchSize!) : 1;
      expect(config!.optimizer.name).toBe(optimizer);
      expect(base * scale).toBeCloseTo(learningRate, 3);
      expect(config!.ghostBatchSize).toBe(ghost ? 128 : null);
      expect(config!.methods.map((method) => method.name).join(' ')).toBe(methods);
    },
  );

  test('has those, two with the authors’ settings and the quickstart alone, a page at most each', async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
    const others = ['f1-lb-reference.yaml', 'f1-sb-reference.yaml', 'quickstart.yaml'];
    expect(files.sort()).toEqual([...ROWS.map(([name]) => `${name}.yaml`), ...others].sort());
    for (const file of files) expect((await readFile(join(FOLDER, file), 'utf8')).split('\n').length).toBeLessThan(60);
  });

  test.each([
    ['lb', 0.02, 'from 8 values, 0.000625 to 0.08'],
    ['sb', 0.0025, 'from 4 values, 0.0025 to 0.02'],
  ])('f1-%s-reference differs in the preset and the strength alone, which was tuned', async (batch, a, from) => {
    const [reference] = await loadConfigs(join(FOLDER, `f1-${batch}-reference.yaml`));
    const set = ['preset=reference', `experiment=f1-${batch}-reference`, `noise.a=${a}`];
    const [expected] = await loadConfigs(join(FOLDER, `f1-${batch}.yaml`), { set });
    expect(reference).toEqual({ ...expected, tuning: reference!.tuning });
    expect(reference!.tuning).toEqual({ smoothout: expect.stringContaining(from) });
  });

  test.each(['f1', 'c1'])('beyond/%s has every method at both of the paper’s batch sizes', async (name) => {
    const set = ['noise.a=0.01', 'rho=0.1', 'methods.lars.optimizer.learningRate=1'];
    const configs = await loadConfigs(join(FOLDER, 'beyond', `${name}.yaml`), { set });
    for (const [i, size] of ['sb', 'lb'].entries()) {
      const [paper] = await loadConfigs(join(FOLDER, `${name}-${size}.yaml`), { set: ['noise.a=0.01'] });
      const { model, dataset, batchSize, optimizer, augment } = paper!;
      const experiment = `${name}-${size}-beyond`;
      expect(configs[i]).toMatchObject({ experiment, model, dataset, batchSize, optimizer, augment, epochs: 20 });
      const names = configs[i]!.methods.map(({ name }) => name);
      const missing = method.options.map(({ shape }) => shape.name.value).filter((name) => !names.includes(name));
      expect(missing).toEqual(['smoothout-deterministic', 'own']);
    }
  });

  test('AlexNet’s AdaSmoothOut goes without weight decay and dropout', async () => {
    const [config] = await loadConfigs(join(FOLDER, 'alexnet-lb-gbn.yaml'));
    const [baseline, ada] = resolveRuns(config!);
    expect(baseline).toMatchObject({ dropout: null, optimizer: { weightDecay: 5e-4 } });
    expect(ada).toMatchObject({ dropout: 0, optimizer: { weightDecay: 0 } });
  });

  test('the quickstart compares two methods at two batch sizes on generated data', async () => {
    const configs = await loadConfigs(join(FOLDER, 'quickstart.yaml'));
    expect(configs.map(({ experiment }) => experiment)).toEqual(['quickstart-sb', 'quickstart-lb']);
    expect(configs.every(({ synthetic }) => synthetic)).toBe(true);
    expect(configs.flatMap((config) => resolveRuns(config))).toHaveLength(4);
  });

  test('every config goes with the reference preset', async () => {
    for (const [name] of ROWS) {
      const [config] = await loadConfigs(join(FOLDER, `${name}.yaml`), { set: ['preset=reference'] });
      const { optimizer } = config!;
      expect(optimizer).toMatchObject({ reset: 'epoch', clipNorm: 5 });
      expect(optimizer.weightDecay).toBe(optimizer.name === 'adam' ? 1e-4 : name.startsWith('alexnet') ? 5e-4 : 1e-4);
    }
  });
});
