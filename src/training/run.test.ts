import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRunConfig } from '../config/resolve.js';
import type { ImageSource } from '../data/source.js';
import type { Engine, Program, ValuesOf } from '../engine/engine.js';
import { createCudaEngine } from '../engine/onnx/cuda/engine.js';
import { initialise, toTensors } from '../nn/weights.js';
import { readMetrics } from '../records/metrics.js';
import { readRunRecord } from '../records/run-record.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';
import { buildLearner } from './learner.js';
import { parametersOf, resultsOf, TINY_DATASET, temporaryFolder, tinySpec, trainTiny } from './testing/tiny.js';

const SPEC = tinySpec();
const refusal = (message: RegExp) => ({ code: 'CHECKPOINT_INVALID', message: expect.stringMatching(message) });

describe('a finished run', () => {
  test('leaves its settings, record, metrics and checkpoints, and nothing else', async () => {
    const { paths, record } = await trainTiny(SPEC);
    expect((await readdir(paths.folder)).sort()).toEqual(
      ['best.safetensors', 'config.yaml', 'last.safetensors', 'metrics.jsonl', 'run.json'].sort(),
    );
    expect(await readRunConfig(paths.config)).toEqual(SPEC);
    expect(await readRunRecord(paths.record)).toEqual(record);
  });

  test('is recorded as it went', async () => {
    const { record, paths } = await trainTiny(SPEC);
    const metrics = await readMetrics(paths.metrics);
    const accuracies = metrics.map(({ validationAccuracy }) => validationAccuracy);
    const best = Math.max(...accuracies);
    expect(record).toMatchObject({
      status: 'completed',
      epochsDone: 3,
      bestAccuracy: best,
      bestEpoch: accuracies.indexOf(best) + 1,
      finalAccuracy: accuracies.at(-1),
      validation: 'test',
      data: { synthetic: false, trainImages: 60, validationImages: 30, digests: { train: 'aaaa' } },
      error: null,
    });
    expect(metrics.map(({ epoch, step, learningRate }) => [epoch, step, learningRate])).toEqual([
      [1, 4, 0.01],
      [2, 8, 0.01],
      [3, 12, 0.01],
    ]);
    expect((await readSafetensors(paths.best)).metadata.epoch).toBe(String(record!.bestEpoch));
    expect((await readSafetensors(paths.last)).metadata.epoch).toBe('3');
  });

  test('is not trained again, unless it is asked for', async () => {
    const first = await trainTiny(SPEC);
    const again = await trainTiny(SPEC, { out: first.out });
    expect(again.record).toEqual(first.record);
    const measured = ['sharpness.json', 'last-sharpness.json', 'curvature.json', 'average-curvature.json'];
    const ofUser = 'mine-sharpness.json';
    for (const name of [...measured, ofUser]) await writeFile(join(first.paths.folder, name), '{}');
    const forced = await trainTiny(SPEC, { out: first.out, force: true });
    expect(forced.record!.startedAt).not.toBe(first.record!.startedAt);
    // What was measured of the run before is not the new one's.
    const left = await readdir(first.paths.folder);
    expect(left.filter((name) => [...measured, ofUser].includes(name))).toEqual([ofUser]);
    expect((await resultsOf(forced)).last).toEqual((await resultsOf(first)).last);
  });

  test('has its best epoch by the images that chose it, which are not the test set', async () => {
    const { record } = await trainTiny(tinySpec({ validation: 'holdout:12' }));
    expect(record).toMatchObject({ validation: 'holdout:12', data: { trainImages: 48, validationImages: 12 } });
  });
});

describe('on a device that takes several steps in one call', () => {
  /** The same engine, asked for one run at a time. */
  const oneByOne = (engine: Engine): Engine => ({
    ...engine,
    async compile(...inputs) {
      const program = await engine.compile(...inputs);
      return { ...program, runs: (first, each) => singleRuns(program, first, each) };
    },
  });

  async function* singleRuns<S, O, K extends keyof O, F extends keyof S>(
    program: Program<S, O, K>,
    first: ValuesOf<Pick<S, F>>,
    each: AsyncIterable<ValuesOf<Omit<S, F>>>,
  ) {
    let now = first;
    for await (const item of each) {
      async function* only() {
        yield item;
      }
      for await (const results of program.runs(now, only())) {
        now = { ...now, ...pick(results, Object.keys(first)) };
        yield results;
      }
    }
  }

  const pick = (from: object, names: readonly string[]) =>
    Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

  test.each(['baseline', 'smoothout', 'adasmoothout'])('%s ends as with steps one by one', async (name) => {
    const device = await createCudaEngine('cpu');
    const spec = tinySpec({ methods: [{ name }] });
    const several = await trainTiny(spec, { engine: device });
    const single = await trainTiny(spec, { engine: oneByOne(device) });
    expect((await resultsOf(several)).last).toEqual((await resultsOf(single)).last);
    // Three whole batches and the rest.
    const interrupted = await trainTiny(spec, { engine: device, stopAfter: 1 });
    expect(interrupted.record).toBeNull();
    expect((await readRunRecord(interrupted.paths.record))?.status).toBe('interrupted');
    const resumed = await trainTiny(spec, { engine: device, out: interrupted.out });
    expect((await resultsOf(resumed)).last).toEqual((await resultsOf(single)).last);
  });

  test.each([
    ['baseline', {}],
    ['smoothout', { per: 'step' }],
    ['adasmoothout', { per: 'ghostBatch' }],
    ['smoothout-deterministic', {}],
  ])('%s with ghost batches ends as with passes one by one (%j)', async (name, noise) => {
    const device = await createCudaEngine('cpu');
    const method = name === 'baseline' ? { name } : { name, noise };
    const spec = tinySpec({ batchSize: 24, ghostBatchSize: 8, methods: [method] });
    const together = await resultsOf(await trainTiny(spec, { engine: device }));
    expect(together.last).toEqual((await resultsOf(await trainTiny(spec, { engine: oneByOne(device) }))).last);
  });
});

describe('an interrupted run', () => {
  test('says so, and how far it came', async () => {
    const { paths } = await trainTiny(SPEC, { stopAfter: 6 });
    expect(await readRunRecord(paths.record)).toMatchObject({
      status: 'interrupted',
      epochsDone: 1,
      error: null,
    });
    expect((await readSafetensors(paths.last)).metadata.place).toMatch(/"epoch":1,"steps":2,"images":32/);
  });

  test('is not resumed with other settings, other data, or without its metrics or its checkpoint', async () => {
    const { out, paths } = await trainTiny(SPEC, { stopAfter: 6 });
    const other = tinySpec({ optimizer: { learningRate: 0.02 } });
    expect((await trainTiny(other, { out })).error).toMatchObject(refusal(/started with other settings/));
    const train: ImageSource = { ...TINY_DATASET.train, count: 59 };
    expect((await trainTiny(SPEC, { out, train })).error).toMatchObject(refusal(/started with other data/));
    const metrics = await readFile(paths.metrics);
    await rm(paths.metrics);
    for (let time = 0; time < 2; time++) {
      expect((await trainTiny(SPEC, { out })).error).toMatchObject(
        refusal(/metrics\.jsonl: there is no such file, where the checkpoint is after 1$/),
      );
    }
    await writeFile(paths.metrics, '');
    expect((await trainTiny(SPEC, { out })).error).toMatchObject(refusal(/metrics\.jsonl: 0 epochs, where/));
    await writeFile(paths.metrics, metrics);
    const record = await readFile(paths.record, 'utf8');
    await rm(paths.last);
    expect((await trainTiny(SPEC, { out })).error).toMatchObject({
      ...refusal(/last\.safetensors: there is no such file, where run\.json tells of 1 epoch$/),
      hint: 'Start the run over with --force.',
    });
    expect([await readFile(paths.record, 'utf8'), await readFile(paths.metrics)]).toEqual([record, metrics]);
    expect((await trainTiny(SPEC, { out, force: true })).record).toMatchObject({ status: 'completed' });
  });

  test('in its first epoch starts over without its checkpoint', async () => {
    const { out, paths } = await trainTiny(SPEC, { stopAfter: 2 });
    await rm(paths.last);
    expect((await trainTiny(SPEC, { out })).record).toMatchObject({ status: 'completed' });
  });

  test('of another seed lends no checkpoint', async () => {
    const one = await trainTiny(SPEC, { stopAfter: 6 });
    const two = await trainTiny(tinySpec({ seeds: [2] }), { out: one.out, stopAfter: 6 });
    await copyFile(one.paths.last, two.paths.last);
    expect((await trainTiny(tinySpec({ seeds: [2] }), { out: one.out })).error).toMatchObject(refusal(/another seed/));
  });
});

describe('a diverging run', () => {
  const WILD = tinySpec({ optimizer: { name: 'sgd', learningRate: 1e38 } });

  test('ends with its status, and the same command does not try it again', async () => {
    const { out, paths, error } = await trainTiny(WILD);
    expect(error).toMatchObject({
      code: 'DIVERGED',
      exitStatus: 1,
      message: expect.stringMatching(/the loss became NaN in epoch 1/),
    });
    const record = await readRunRecord(paths.record);
    expect(record).toMatchObject({ status: 'diverged', epochsDone: 0, error: { code: 'DIVERGED' } });
    expect((await trainTiny(WILD, { out })).record).toEqual(record);
  });

  test('is found out by the validation loss too, and its parameters are kept as the best of nothing', async () => {
    // One step an epoch: the loss of the batch is that of the parameters before the step.
    const { paths, error } = await trainTiny(
      tinySpec({ batchSize: 60, optimizer: { name: 'sgd', learningRate: 1e38 } }),
    );
    expect(error).toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(/^the validation loss is .* after epoch 1$/),
    });
    expect(await readdir(paths.folder)).not.toContain('best.safetensors');
    expect(await readMetrics(paths.metrics)).toEqual([]);
  });
});

describe('a run that starts from given parameters', async () => {
  const { layout } = (await buildLearner(SPEC, TINY_DATASET.train)).model;

  async function initFile(weights = initialise(layout, { seed: 77, batchNormScale: 'one' })) {
    const path = `${await temporaryFolder()}/init.safetensors`;
    await writeFile(path, encodeSafetensors(toTensors(weights, layout)));
    return path;
  }

  test('starts there, whatever its seed', async () => {
    const drawn = initialise(layout, { seed: 77, batchNormScale: 'one' });
    // No zeros: any step would show there, however short.
    const weights = { ...drawn, parameters: drawn.parameters.map((value) => value || 0.5) };
    const still = { init: await initFile(weights), epochs: 1, optimizer: { name: 'sgd', learningRate: 1e-30 } };
    const after = await parametersOf(await trainTiny(tinySpec(still)));
    for (const { name, offset, size } of layout.parameters) {
      expect(after[name], name).toEqual(weights.parameters.slice(offset, offset + size));
    }
  });

  test.each(['best', 'last'] as const)('goes on from the %s checkpoint of another', async (which) => {
    const first = await trainTiny(SPEC);
    const on = await trainTiny(tinySpec({ experiment: 'on', init: first.paths[which], epochs: 1 }));
    const [before] = await readMetrics(first.paths.metrics);
    const [after] = await readMetrics(on.paths.metrics);
    expect(after!.trainLoss).toBeLessThan(0.8 * before!.trainLoss);
  });

  test('refuses a file that is missing or of another network', async () => {
    const missing = await trainTiny(tinySpec({ init: '/nowhere/init.safetensors' }));
    expect(missing.error).toMatchObject(refusal(/\/nowhere\/init\.safetensors: there is no such file/));
    const other = await trainTiny(tinySpec({ init: await initFile(), hidden: [9] }));
    expect(other.error).toMatchObject(refusal(/"layers\.0\.weight" with shape \[8,16\], where the model has \[9,16\]/));
    expect(await readdir(other.paths.folder)).toEqual([]);
  });
});

test('a damaged record is named, and nothing is overwritten', async () => {
  const { out, paths } = await trainTiny(SPEC, { stopAfter: 6 });
  await writeFile(paths.record, '{"version": 1');
  expect((await trainTiny(SPEC, { out })).error).toMatchObject(refusal(/run\.json: not valid JSON/));
  expect(await readFile(paths.record, 'utf8')).toBe('{"version": 1');
});
