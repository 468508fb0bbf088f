/** What a wrong config is answered with: one line for each mistake, with file, line, key and what was expected. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';

const MINIMAL = 'experiment: trial\nmodel: f1\ndataset: mnist\nepochs: 2\n';

async function complaint(text: string | Uint8Array, ...set: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-config-'));
  const path = join(folder, 'a.yaml');
  await writeFile(path, text);
  const error: unknown = await loadConfigs(path, { set }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ exitStatus: 2 });
  return (error as Error).message.replaceAll(`${folder}/`, '');
}

/** What is said of the fifth line. */
const about = async (line: string) => (await complaint(MINIMAL + line)).replace('a.yaml:5: ', '');

describe('keys', () => {
  test.each([
    ['batchsize: 3', 'unknown key "batchsize"; did you mean "batchSize"?'],
    ['optimiser: {}', 'unknown key "optimiser"; did you mean "optimizer"?'],
    ['optimizer: { learning_rate: 1 }', 'unknown key "optimizer.learning_rate"; did you mean "learningRate"?'],
    ['learningRate: 0.1', 'unknown key "learningRate"; did you mean "optimizer.learningRate"?'],
    ['noise: { a: 1 }', /^unknown key "noise": it belongs to a method, one of smoothout, adasmoothout, /],
    ['batchNorm: { zzz: 1 }', 'unknown key "batchNorm.zzz": expected one of scaleInitialisation'],
    ['methods: [{ name: smoothout, noise: { aa: 1 } }]', 'unknown key "methods.0.noise.aa"; did you mean "a"?'],
    ['optimizer: { dropout: 0.5 }', 'unknown key "optimizer.dropout"; did you mean "dropout"?'],
    ['methods: [{ name: baseline, rho: 1 }]', 'unknown key "methods.0.rho": it belongs to a method, one of sam, asam'],
    ['"a\\nb": 1', /^unknown key "a\\nb": expected one of experiment, /],
    ['__proto__: { epochs: 3 }', /^unknown key "__proto__": expected one of experiment, model, /],
    ['constructor: 1', /^unknown key "constructor": expected one of experiment, /],
    ['a: { b: { c: 3 } }', 'unknown key "a": it belongs to a method, as "noise.a"'],
    ['<<: { epochs: 3 }', /^unknown key "<<"/],
  ])('%s', async (line, expected) => {
    const message = await about(line);
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});

describe('values', () => {
  test.each([
    ['epochs: 0', 'epochs: expected a whole number of at least 1, got 0'],
    ['epochs: 1.5', 'epochs: expected a whole number of at least 1, got 1.5'],
    ['epochs: "3"', 'epochs: expected a whole number of at least 1, got "3"'],
    ['epochs: 1e300', 'epochs: expected a whole number of at least 1 and at most 9007199254740991, got 1e+300'],
    ['epochs: .inf', 'epochs: expected a whole number of at least 1, got Infinity'],
    ['epochs:', 'epochs: expected a whole number of at least 1, got null'],
    ['augment: no', 'augment: expected true or false, got "no"'],
    ['average: { kind: emo }', 'average.kind: expected one of ema, swa, got "emo"; did you mean "ema"?'],
    ['average: yes', 'average: expected { kind: ema } or { kind: swa }, or null, got "yes"'],
    [
      'budget: { update: 3 }',
      'budget: expected { epochs: N }, { updates: N } or { gradients: N }, or null, got a mapping',
    ],
    ['budget: { updates: 0 }', 'budget.updates: expected a whole number of at least 1, got 0'],
    ['budget: { updates: 1, epochs: 1 }', /^budget: expected { epochs: N }, .*, or null, got a mapping$/],
    ['budget: { updates: 1, gradients: 1 }', /^budget: expected { epochs: N }, .*, or null, got a mapping$/],
    ['tuning: null', 'tuning: expected a mapping, got null'],
    ['tuning: { smoothout: 3 }', 'tuning.smoothout: expected text, got 3; as text it is quoted: "3"'],
    ['methods: [{ name: own, settings: [1] }]', /methods\.0\.settings: expected a mapping, got a list/],
    [
      'methods: [{ name: own, settings: { k: [1] } }]',
      /methods\.0\.settings\.k: expected a number, text, true or false, got a list/,
    ],
    ['seeds: ""', /^seeds: expected a list of whole numbers from 0 to 4294967295, or text such as 1,2 or 1-5, got ""$/],
    ['seeds: [1e18]', 'seeds.0: expected a whole number from 0 to 4294967295, got 1000000000000000000'],
    ['methods: [{ name: sam, rho: -1 }]', 'methods.0.rho: expected a number of at least 0, or tuned, got -1'],
    [
      'model: resnet',
      'model: expected one of f1, c1, c3, resnet44, alexnet, mlp, or a file such as ./mine.ts, got "resnet"; did you mean "resnet44"?',
    ],
    ['optimizer: adam', /^optimizer: expected a mapping, got "adam"; its keys are name, learningRate, /],
    ['optimizer: { learningRate: .nan }', 'optimizer.learningRate: expected a number above 0, got NaN'],
    ['optimizer: { momentum: 1 }', 'optimizer.momentum: expected a number from 0 up to, but not, 1, got 1'],
    ['ghostBatchSize: big', 'ghostBatchSize: expected a whole number of at least 1, or null, got "big"'],
    ['validation: train', 'validation: expected test, or holdout:N with a number of training images, got "train"'],
    ['experiment: ../../etc', 'experiment: expected 1 to 64 of the characters A-Z a-z 0-9 . _ -, got "../../etc"'],
    ['experiment: ..', /^experiment: expected 1 to 64/],
    ['methods: []', 'methods: expected a list of at least one method, such as { name: baseline }, got an empty list'],
    ['methods: baseline', /^methods: expected a list of at least one method/],
    ['methods: [baseline]', 'methods.0: expected a mapping such as { name: baseline }, got "baseline"'],
    ['methods: [{ name: smothout }]', /^methods\.0\.name: expected one of baseline, .*did you mean "smoothout"\?$/],
    ['methods: [{}]', /^methods\.0\.name is missing: expected one of baseline, smoothout, /],
    [
      'methods: [{ name: smoothout, noise: { a: -1 } }]',
      /^methods\.0\.noise\.a: expected a number of at least 0, or tuned, got -1$/,
    ],
    [
      'methods: [{ name: smoothout, noise: { per: batch } }]',
      /^methods\.0\.noise\.per: expected one of step, ghostBatch, got "batch"$/,
    ],
    ['experiment:', 'experiment: expected 1 to 64 of the characters A-Z a-z 0-9 . _ -, got null'],
    ['schedule: [{ epoch: 3 }]', 'schedule.0.factor is missing: expected a number above 0'],
  ])('%s', async (line, expected) => {
    const text = MINIMAL.split('\n').filter((given) => given.split(':')[0] !== line.split(':')[0]);
    const message = (await complaint([...text.filter(Boolean), line].join('\n'))).replace(/^a\.yaml:\d: /, '');
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });

  test('every mistake has its own line', async () => {
    expect(await complaint(`${MINIMAL}epoch: 3\n\nbatchSize: 0\n`)).toBe(
      'a.yaml:7: batchSize: expected a whole number of at least 1, got 0\n' +
        'a.yaml:5: unknown key "epoch"; did you mean "epochs"?',
    );
  });
});

describe('what does not go together', () => {
  test.each([
    ['dataset: cifar10', 'a.yaml:3: dataset: model f1 is for mnist, got cifar10'],
    ['batchSize: 60001', 'a.yaml:5: batchSize: 60001 is more than the 60000 training images of mnist'],
    ['{ batchSize: 300, trainLimit: 299 }', /^a\.yaml:5: batchSize: 300 is more than trainLimit, 299/],
    [
      '{ batchSize: 256, ghostBatchSize: 512 }',
      'a.yaml:6: ghostBatchSize: expected a divisor of batchSize, 256, got 512',
    ],
    [
      'methods: [{ name: lpf-sgd, noise: { samples: 7 } }]',
      'a.yaml:5: methods.0.noise.samples: expected a divisor of the 256 images of a pass, got 7',
    ],
    ['ghostBatchSize: 100', 'a.yaml:5: ghostBatchSize: expected a divisor of batchSize, 256, got 100'],
    ['optimizer: { scaleLearningRate: true }', /^a\.yaml:5: optimizer\.scaleLearningRate: .* ghostBatchSize must be/],
    ['validation: holdout:60000', /^a\.yaml:5: validation: expected fewer than the 60000 training images/],
    ['{ validation: holdout:50000, batchSize: 10001 }', /less the 50000 held out/],
    [
      'schedule: [{ epoch: 5, factor: 1 }, { epoch: 5, factor: 2 }]',
      'a.yaml:5: schedule.1.epoch: expected an epoch after 5, got 5',
    ],
    ['methods: [{ name: smoothout }, { name: smoothout }]', /^a\.yaml:5: methods\.1: a second method named smoothout/],
    ['dropout: 0.5', 'a.yaml:5: dropout: model f1 has no dropout; c1, c3, alexnet have'],
    ['methods: [{ name: baseline, dropout: 0 }]', /^a\.yaml:5: methods\.0\.dropout: model f1 has no dropout/],
    [
      'methods: [{ name: baseline, optimizer: { scaleLearningRate: true } }]',
      /^a\.yaml:5: methods\.0\.optimizer\.scaleLearningRate: scales by √\(batchSize \/ ghostBatchSize\), so/,
    ],
    ['hidden: [3]', 'a.yaml:5: hidden: only model mlp has a choice of hidden layers, got f1'],
  ])('%s', async (line, expected) => {
    const flow = line.startsWith('{') ? line.slice(1, -1).trim().split(', ') : [line];
    const base = line.startsWith('dataset') ? MINIMAL.replace('dataset: mnist', line) : MINIMAL + flow.join('\n');
    const message = await complaint(base);
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});

test('a config without a name is missing one', async () => {
  const message = await complaint(MINIMAL.replace('experiment: trial\n', ''));
  expect(message).toBe('a.yaml:1: experiment is missing: expected 1 to 64 of the characters A-Z a-z 0-9 . _ -');
});

test('a name of digits is to be quoted', async () => {
  const message = await complaint(MINIMAL.replace('trial', '2024'));
  expect(message).toMatch(/^a\.yaml:1: experiment: expected .*, got 2024; as text it is quoted: "2024"$/);
});

describe('--set', () => {
  test.each([
    ['epochs=abc', '--set epochs=abc: epochs: expected a whole number of at least 1, got "abc"'],
    ['epoch=3', '--set epoch=3: unknown key "epoch"; did you mean "epochs"?'],
    ['optimizer.lr=3', /^--set optimizer\.lr=3: unknown key "optimizer\.lr": expected one of name, learningRate/],
    ['epochs.x=3', '--set epochs.x=3: epochs: expected a whole number of at least 1, got a mapping'],
    [
      'methods.smothout.noise.a=1',
      '--set methods.smothout.noise.a=1: this config has no method "smothout"; did you mean "smoothout"?',
    ],
    ['methods.7.noise.a=1', '--set methods.7.noise.a=1: this config has no method "7"; it has baseline, smoothout'],
    ['batchSize=300 trainLimit=4', /^--set batchSize=300 trainLimit=4: batchSize: expected a whole number/],
    ['epochs', '--set epochs: expected key.path=value'],
    ['epochs=[1', /^--set epochs=\[1: not valid YAML/],
  ])('%s', async (set, expected) => {
    const message = await complaint(MINIMAL, set);
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});

describe('hostile text', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /^a\.yaml: expected a mapping/],
    ['a list', '- 1\n', /^a\.yaml: expected a mapping/],
    ['a key twice', `${MINIMAL}epochs: 3\n`, /^a\.yaml:5: not valid YAML: Map keys must be unique/],
    ['a tab', 'experiment: x\n\tmodel: f1\n', /^a\.yaml:2: not valid YAML: /],
    ['a second document that is no config', `${MINIMAL}---\n3\n`, /^a\.yaml: expected a mapping/],
    ['an alias', `${MINIMAL}seeds: &s [1]\nmethods: *s\n`, /^a\.yaml:6: aliases such as \*s are not supported/],
    ['a billion laughs', `a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n`, /^a\.yaml:2: aliases/],
    ['a tag', `${MINIMAL}seeds: !!js/function x\n`, /^a\.yaml:5: not valid YAML: Unresolved tag/],
    ['binary', `${MINIMAL}seeds: !!binary aGk=\n`, /^a\.yaml:5: (seeds: )?expected/],
    ['a list as a key', '? [a]\n: 1\n', /^a\.yaml:1: a key must be plain text/],
    ['5000 brackets', `a: ${'['.repeat(5000)}`, /^a\.yaml:1: not valid YAML: nested too deeply/],
    ['more than 1 MiB', `# ${'x'.repeat(2 ** 20)}`, /^a\.yaml: 1048578 bytes long; a config has at most 1048576/],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00), /^a\.yaml: not UTF-8 text/],
  ])('%s', async (_, text, expected) => {
    expect(await complaint(text)).toMatch(expected);
  });
});

test('a config that is not there is answered with the nearest that is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-config-'));
  await writeFile(join(folder, 'c1-lb.yaml'), '');
  await expect(loadConfigs(join(folder, 'c1-bl.yaml'))).rejects.toThrow(
    /c1-bl\.yaml: there is no such file; did you mean "c1-lb\.yaml"\?/,
  );
  await expect(loadConfigs(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
