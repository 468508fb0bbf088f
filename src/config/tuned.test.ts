/** What `smoothout tune` chose: the file beside the config, how it is told, and the methods that take it from there. */
import { mkdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { loadConfigs } from './load.js';
import { resolveRuns } from './resolve.js';
import { configFolder, MINIMAL } from './testing/config-folder.js';
import { type Choice, describeChoice, readTuned, tunedPath, writeTuned } from './tuned.js';

const { inFolder, write, load, complaint } = configFolder();

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

describe('a tuned strength', () => {
  const text = `${MINIMAL}methods: [{ name: smoothout, noise: { a: tuned } }]\n`;

  test('comes from the file beside the config', async () => {
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [CHOICE]);
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
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [{ ...CHOICE, strength: -1 }]);
    expect(await complaint(text)).toMatch(/tuned\/trial\.yaml: choices\.0\.strength: expected at least 0, got -1/);
  });

  test('is not read from a file of the first form, which has no choices', async () => {
    await mkdir(inFolder('tuned'));
    const first = 'experiment: trial\nvalidation: holdout:5000\nepochs: 3\nseeds: [1]\ntrials: []\n';
    await write(`${first}strengths: { smoothout: 0.023 }\n`, 'tuned/trial.yaml');
    await expect(load(text)).rejects.toMatchObject({
      message: expect.stringMatching(/tuned\/trial\.yaml: choices is missing: expected a list/),
      hint: 'Delete the file and run smoothout tune again.',
    });
  });

  test('of the generated stand-in is another than that of the real data', async () => {
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [
      CHOICE,
      { ...CHOICE, synthetic: true, chosen: { 'noise.a': 0.5 } },
    ]);
    expect((await load(text)).methods[0]).toMatchObject({ noise: { a: 0.02 } });
    expect((await load(text, 'synthetic=true')).methods[0]).toMatchObject({ noise: { a: 0.5 } });
  });

  test('of the real data serves generated data that has none of its own, never the other way round', async () => {
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [CHOICE]);
    expect((await load(text, 'synthetic=true')).methods[0]).toMatchObject({ noise: { a: 0.02 } });
    await writeTuned(inFolder('tuned/other.yaml'), 'other', [{ ...CHOICE, synthetic: true }]);
    expect(await complaint(text.replace('trial', 'other'))).toMatch(/nothing has been tuned for smoothout/);
  });

  test('may be the learning rate of a method', async () => {
    const lars = 'name: baseline, label: lars, optimizer: { name: lars, learningRate: tuned }';
    const chosen = { 'methods.lars.optimizer.learningRate': 2 };
    const own = `${MINIMAL}methods: [{ ${lars} }]\n`;
    await expect(load(own)).rejects.toMatchObject({
      hint: expect.stringContaining('--grid methods.lars.optimizer.learningRate='),
    });
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [{ ...CHOICE, method: 'lars', chosen }]);
    const [run] = resolveRuns(await load(own));
    expect(run!.optimizer).toMatchObject({ name: 'lars', learningRate: 2 });
    expect(await complaint(`${MINIMAL}optimizer: { learningRate: tuned }\n`)).toMatch(/expected a number above 0, got/);
  });

  test('says how it was chosen, which is no setting of a run', async () => {
    await writeTuned(inFolder('tuned/trial.yaml'), 'trial', [CHOICE]);
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

describe('what smoothout tune chose', () => {
  test('is written beside the config and read back; another method’s choice stays, the same one’s is replaced', async () => {
    const path = tunedPath(inFolder('c1-lb.yaml'), 'c1-lb');
    expect(path).toBe(inFolder('tuned/c1-lb.yaml'));
    expect(await readTuned(path)).toBeNull();
    const ada = { ...CHOICE, method: 'adasmoothout' };
    await writeTuned(path, 'c1-lb', [CHOICE]);
    await writeTuned(path, 'c1-lb', [ada]);
    await writeTuned(path, 'c1-lb', [{ ...CHOICE, strength: 0.03 }]);
    expect(await readTuned(path)).toEqual({ experiment: 'c1-lb', choices: [ada, { ...CHOICE, strength: 0.03 }] });
    expect(await readFile(path, 'utf8')).toMatch(/^# Chosen by `smoothout tune` on held-out training images/);
  });

  test('stays beside what was chosen later for another key', async () => {
    const path = inFolder('tuned/trial.yaml');
    const rate = { 'optimizer.learningRate': 0.002 };
    const ofRate = { ...CHOICE, chosen: rate, best: rate, edge: 'none', trials: [] as Choice['trials'] } as const;
    await writeTuned(path, 'trial', [CHOICE]);
    await writeTuned(path, 'trial', [{ ...ofRate, trials: [{ ...CHOICE.trials[0]!, settings: rate }] }]);
    const both = 'noise: { a: tuned }, optimizer: { learningRate: tuned }';
    const text = `${MINIMAL}methods: [{ name: smoothout, ${both} }]\n`;
    const [run] = resolveRuns(await load(text));
    expect(run).toMatchObject({ method: { noise: { a: 0.02 } }, optimizer: { learningRate: 0.002 } });
    expect(run!.tuning).toEqual({
      smoothout: expect.stringMatching(/^noise\.a from 2 values.*; optimizer\.learningRate from 1 values/),
    });
    // What was tuned last of several choices with a key counts.
    const joint = { 'noise.a': 0.04, ...rate };
    await writeTuned(path, 'trial', [{ ...ofRate, chosen: joint, best: joint }]);
    expect((await load(text)).methods[0]).toMatchObject({ noise: { a: 0.04 } });
    await writeTuned(path, 'trial', [CHOICE]);
    expect((await load(text)).methods[0]).toMatchObject({ noise: { a: 0.02 } });
  });

  test('is told with every key, its chosen value and what was tried', () => {
    const tried = (...settings: Choice['chosen'][]) =>
      settings.map((each) => ({ ...CHOICE.trials[0]!, settings: each }));
    const [adam, sgd] = [{ 'optimizer.name': 'adam' }, { 'optimizer.name': 'sgd' }];
    const ofNames = { ...CHOICE, chosen: adam, best: sgd, edge: 'none', trials: tried(adam, sgd) } as const;
    const how = '(5000 held-out images, 3 epochs, 2 seeds)';
    expect(describeChoice(ofNames)).toBe(
      `optimizer.name adam of adam, sgd ${how}; the best mean is at optimizer.name sgd, from which the seeds cannot tell it`,
    );
    const points = [0.01, 0.02].flatMap((a) => [1, 2].map((rho) => ({ a, rho })));
    const best = { a: 0.02, rho: 1 };
    expect(describeChoice({ ...CHOICE, chosen: best, best, edge: 'none', trials: tried(...points) })).toBe(
      `a 0.02 of 0.01, 0.02 and rho 1 of 1, 2 ${how}`,
    );
  });

  test('measured on the test set is refused', async () => {
    await writeTuned(inFolder('a.yaml'), 'a', [{ ...CHOICE, validation: 'test' }]);
    await expect(readTuned(inFolder('a.yaml'))).rejects.toThrow(/a\.yaml: choices\.0\.validation: /);
  });
});
