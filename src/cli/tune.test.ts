import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readTuned } from '../config/tuned.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';

let data: string;
let config: string;
let out: string;
beforeAll(async () => {
  data = await smallMnist();
});
beforeEach(async () => {
  config = await smallConfig({ epochs: 2, seeds: [1, 2] });
  out = join(dirname(config), 'results');
});

const tune: Command = (...line) =>
  smoothout`tune ${config} --data ${data} --out ${out} --holdout 100 ${words(...line)}`;
const tunedFile = () => join(dirname(config), 'tuned', 'small.yaml');

describe('smoothout tune', () => {
  test('chooses by held-out accuracy, keeps every trial as a run, and a: tuned takes the choice', async () => {
    // Noise of 50 drowns every weight.
    const { status, stdout } = await tune`--grid noise.a=50,0.001 --no-bracket --jobs 2 --shuffle`;
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^small: best accuracy on 100 held-out training images, mean and 95 % interval over 2 seeds$/m,
    );
    expect(stdout).toMatch(/^method +noise\.a +accuracy %$/m);
    expect(stdout).toMatch(/^smoothout +50 +[\d.]+ ± [\d.]+$/m);
    expect(stdout).toMatch(/^smoothout +0\.001 +[\d.]+ ± [\d.]+ +chosen$/m);
    expect(stdout).toContain(`Written to ${tunedFile()}; a method whose noise.a is tuned takes it from there.`);
    const result = await readTuned(tunedFile());
    expect(result).toMatchObject({
      experiment: 'small',
      choices: [
        { method: 'smoothout', validation: 'holdout:100', epochs: 2, seeds: [1, 2], strength: 0.001, edge: 'lower' },
      ],
    });
    expect(stdout).toContain('the best mean is at the lower edge of the grid');

    const trials = join(out, 'runs', 'small-tune');
    expect((await readdir(trials)).sort()).toEqual(['smoothout-a0.001', 'smoothout-a50']);
    const records = await Promise.all(
      [1, 2].map(async (seed) =>
        JSON.parse(await readFile(join(trials, 'smoothout-a0.001', `seed-${seed}`, 'run.json'), 'utf8')),
      ),
    );
    for (const record of records)
      expect(record).toMatchObject({ validation: 'holdout:100', data: { trainImages: 300, validationImages: 100 } });
    expect(result!.choices[0]!.trials[1]!.mean).toBeCloseTo((records[0].bestAccuracy + records[1].bestAccuracy) / 2, 4);

    const dryRun = await smoothout`run ${config} --dry-run --json --method smoothout --set noise.a=tuned`;
    expect(dryRun.json[0].method.noise.a).toBe(0.001);
  });

  test('goes on where it was stopped: what is finished is not trained again', async () => {
    const grid = words`--grid noise.a=0.001,0.01 --seed 1 --no-bracket`;
    const first = await tune`${grid}`;
    await rm(join(out, 'runs', 'small-tune', 'smoothout-a0.01'), { recursive: true });
    await rm(tunedFile());
    const again = await tune`${grid}`;
    expect(again).toMatchObject({ status: 0, stdout: first.stdout });
    expect(again.stderr).toMatch(/^small-tune smoothout-a0\.001 seed 1: completed before/m);
    expect(again.stderr).toMatch(/^small-tune smoothout-a0\.01 seed 1: epoch 2\/2/m);
    expect(await readTuned(tunedFile())).not.toBeNull();
  });

  test('widens its grid until the best mean is inside, and a second method’s choice is added', async () => {
    // Noise of 25 and more drowns every weight, and that of a tiny fraction of it changes no prediction.
    const { status, stderr } = await tune`--grid noise.a=50,25 --seed 1`;
    expect(status).toBe(0);
    expect(stderr).toContain('the best mean is at an edge of the grid: trying 12.5 too');
    const [first] = (await readTuned(tunedFile()))!.choices;
    expect(first!.trials.length).toBeGreaterThan(2);
    expect(first!.trials.length).toBeLessThanOrEqual(8);
    const sam = 'methods=[{ name: sam }]';
    expect(await tune`--grid rho=0.01,0.02 --seed 1 --set ${sam} --no-bracket`).toMatchObject({ status: 0 });
    expect((await readTuned(tunedFile()))!.choices.map(({ method }) => method)).toEqual(['smoothout', 'sam']);
  });

  test('finds out that its choice cannot be written before it trains', async () => {
    await writeFile(join(dirname(config), 'tuned'), 'a file in place of the folder');
    expect(await tune`--grid noise.a=0.01,0.02`).toBeRefused({ status: 2, saying: /tuned/ });
    expect(await readdir(dirname(config))).not.toContain('results');
  });

  test('trains nothing where a trial of other settings leaves no fair choice', async () => {
    expect(await tune`--grid noise.a=0.01,0.02 --seed 1 --no-bracket`).toMatchObject({ status: 0 });
    const other = await tune`--grid noise.a=0.04,0.02 --seed 1 --no-bracket --set epochs=1`;
    expect(other).toBeRefused({ status: 5, saying: /this run was started with other settings/ });
    expect(await readdir(join(out, 'runs', 'small-tune'))).not.toContain('smoothout-a0.04');
  });

  test('tries several settings in every combination; one that diverges is told apart', async () => {
    const { status, json: events } = await tune`
      --grid noise.a=0.01,0.02 --grid optimizer.learningRate=0.01,1e30
      --set optimizer.name=sgd --seed 1 --json`;
    expect(status).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'tuned', path: tunedFile() });
    const { trials } = events.at(-1).choices[0];
    const accuracies = trials.map(({ settings, mean }: { settings: object; mean: unknown }) => {
      return [...Object.values(settings), mean === null];
    });
    expect(accuracies).toEqual([
      [0.01, 0.01, false],
      [0.01, 1e30, true],
      [0.02, 0.01, false],
      [0.02, 1e30, true],
    ]);
  });

  test('writes no choice where there is none: every trial diverged', async () => {
    const wild = 'optimizer={ name: sgd, learningRate: 1e35 }';
    const { status, stderr } = await tune`--grid noise.a=0.01,0.02 --seed 2 --set ${wild}`;
    expect(status).toBe(1);
    expect(stderr).toContain('smoothout: small: every trial of smoothout diverged\nTry smaller values.\n');
    expect(await readTuned(tunedFile())).toBeNull();
  });

  test.each([
    ['--grid noise.a', 2, /^smoothout: --grid noise\.a: expected a key and the values to try\n/],
    ['', 2, /required option '--grid <key=values>' not specified/],
    ['--grid noise.a=0.1,0.2 --seed 1,1', 2, /^smoothout: --seed 1,1: 1 is there twice/],
    ['--grid noise.a=0.1,0.2 --holdout 0', 2, /^smoothout: --holdout 0: expected a whole number of at least 1/],
    ['--grid noise.a=0.1,0.2 --holdout 400', 2, /holdout:400 needs a whole number from 1 to 399/],
    [
      '--grid optimizer.learningRate=0.1,0.2 --method smoothout --set noise.a=tuned',
      2,
      /noise\.a: nothing has been tuned for smoothout/,
    ],
    ['--grid noise.a=0.1,0.2 --data /nowhere', 4, /^smoothout: mnist: no train-images/],
  ])('tune %s is refused', async (options, status, saying) => {
    expect(await tune`${options.split(' ').filter(Boolean)}`).toBeRefused({ status, saying });
    expect(await readTuned(tunedFile())).toBeNull();
  });
});
