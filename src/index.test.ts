/** The library: what it publishes, and that `runConfig` is `smoothout run`. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallConfig, smallMnist } from './cli/testing/small-mnist.js';
import * as library from './index.js';

const computing = { engine: 'onnx', device: 'cpu' } as const;

test('publishes what a program, a network or a method of the user’s own needs, and no internals', () => {
  expect(Object.keys(library).sort()).toEqual(
    [
      ...['SmoothOutError', 'measureCheckpoint', 'minimize', 'runConfig'],
      ...['batchNorm', 'chain', 'channelsLast', 'conv2d', 'dropout', 'flattenChannelsFirst', 'flattenImages'],
      ...['globalAveragePool', 'linear', 'maxPool3x3Stride2', 'relu', 'sequential'],
      ...['buildLayout', 'filterAdaptivePerturbation', 'smoothOutGradient', 'smoothOutStep', 'uniformPerturbation'],
      ...['adam', 'momentum'],
    ].sort(),
  );
});

test('runConfig trains the methods that are asked for where another is untuned, and refuses that one', async () => {
  const untuned = { name: 'smoothout', noise: { a: 'tuned' } };
  const config = await smallConfig({ epochs: 1, methods: [{ name: 'baseline' }, untuned] });
  const common = { ...computing, data: await smallMnist(), out: await mkdtemp(join(tmpdir(), 'smoothout-library-')) };
  const records = await library.runConfig(config, { ...common, methods: ['baseline'], seeds: [2] });
  expect(records).toMatchObject([{ method: 'baseline', seed: 2, status: 'completed' }]);
  await expect(library.runConfig(config, common)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('nothing has been tuned for smoothout'),
  });
});

test('runConfig tells of the data, of each epoch, and of a run that goes on with something else', async () => {
  const config = await smallConfig({ epochs: 2, methods: [{ name: 'baseline' }] });
  const common = { ...computing, data: await smallMnist(), out: await mkdtemp(join(tmpdir(), 'smoothout-library-')) };
  const epochs: number[] = [];
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const stop = new AbortController();
  const onEpoch = ({ epoch }: library.EpochMetrics) => epochs.push(epoch);
  const onStep = () => stop.abort();
  const first = library.runConfig(config, { ...common, threads: 1, onNotice, onStep, signal: stop.signal });
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  expect(notices).toEqual([expect.stringContaining('not the official')]);
  await library.runConfig(config, { ...common, threads: 2, onNotice, onEpoch });
  expect(notices.at(-1)).toMatch(/goes on with onnx on cpu, 2 threads, was on onnx on cpu, 1 thread/);
  expect(epochs).toEqual([1, 2]);
});

test('an epoch that was told is not trained again, though whoever was told stopped there', async () => {
  const config = await smallConfig({ epochs: 2, methods: [{ name: 'baseline' }] });
  const common = { ...computing, data: await smallMnist(), out: await mkdtemp(join(tmpdir(), 'smoothout-library-')) };
  const epochs: number[] = [];
  const stop = new AbortController();
  const onEpoch = ({ epoch }: library.EpochMetrics) => {
    epochs.push(epoch);
    stop.abort();
  };
  const first = library.runConfig(config, { ...common, onEpoch, signal: stop.signal });
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  await library.runConfig(config, { ...common, onEpoch });
  expect(epochs).toEqual([1, 2]);
});

test.each([
  [{ threads: -1 }, 'threads: expected a whole number from 1 to 1024, got -1'],
  [{ threads: 1.5 }, 'threads: expected a whole number from 1 to 1024, got 1.5'],
  [{ set: 'epochs=1' }, 'set: expected a list, got "epochs=1"'],
  [{ seeds: [-1] }, 'seeds.0: expected a whole number from 0 to 4294967295, got -1'],
  [{ seeds: [1.5] }, 'seeds.0: expected a whole number from 0 to 4294967295, got 1.5'],
  [{ seeds: [] }, 'seeds: expected at least 1 item, got an empty list'],
  [{ device: 'gpu' }, 'device: expected one of auto, cpu, webgpu, cuda, got "gpu"; did you mean "cpu"?'],
  [{ onEpoch: 3 }, 'onEpoch: expected a function, got 3'],
  [{ thread: 3 }, 'unknown key "thread"; did you mean "threads"?'],
  [null, 'expected a mapping, got null'],
])('runConfig refuses %j', async (options, message) => {
  await expect(library.runConfig('nowhere.yaml', options as object)).rejects.toMatchObject({
    ...{ name: 'SmoothOutError', code: 'USAGE', message: `runConfig: ${message}` },
  });
});

test.each([
  [{ batchSize: 0 }, 'settings.batchSize: expected a whole number of at least 1, or null, got 0'],
  [{ split: 'x' }, 'settings.split: expected one of train, test, got "x"'],
  [{ epsilon: -1 }, 'settings.epsilon: expected a number above 0, got -1'],
  [{ epsilon: Number.NaN }, 'settings.epsilon: expected a number above 0, got NaN'],
  [{ images: -3 }, 'settings.images: expected a whole number of at least 1, or null, got -3'],
  [{ repeats: 0 }, 'settings.repeats: expected a whole number of at least 1, got 0'],
  [{ epsilom: 1 }, 'unknown key "settings.epsilom"; did you mean "epsilon"?'],
])('measureCheckpoint refuses %j', async (settings, message) => {
  await expect(
    library.measureCheckpoint('nowhere.safetensors', { settings: settings as object }),
  ).rejects.toMatchObject({
    ...{ name: 'SmoothOutError', code: 'USAGE', message: `measureCheckpoint: ${message}` },
  });
});
