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

test.each([
  [{ threads: -1 }, /^runConfig: threads: .*1.*, got -1$/],
  [{ threads: 1.5 }, /^runConfig: threads: .*, got 1\.5$/],
  [{ set: 'epochs=1' }, /^runConfig: set: .*array.*, got "epochs=1"$/],
  [{ seeds: [-1] }, /^runConfig: seeds\.0: .*, got -1$/],
  [{ seeds: [1.5] }, /^runConfig: seeds\.0: .*, got 1\.5$/],
  [{ seeds: [] }, /^runConfig: seeds: /],
  [{ device: 'gpu' }, /^runConfig: device: .*cpu.*, got "gpu"$/],
  [{ onEpoch: 3 }, /^runConfig: onEpoch: expected a function, got 3$/],
  [{ thread: 3 }, /^runConfig: .*thread/],
  [null, /^runConfig: .*object.*, got /],
])('runConfig refuses %j', async (options, message) => {
  await expect(library.runConfig('nowhere.yaml', options as object)).rejects.toMatchObject({
    ...{ name: 'SmoothOutError', code: 'USAGE', message: expect.stringMatching(message) },
  });
});

test.each([
  [{ batchSize: 0 }, /^measureCheckpoint: settings\.batchSize: .*1, got 0$/],
  [{ split: 'x' }, /^measureCheckpoint: settings\.split: .*train.*, got "x"$/],
  [{ epsilon: -1 }, /^measureCheckpoint: settings\.epsilon: .*0, got -1$/],
  [{ epsilon: Number.NaN }, /^measureCheckpoint: settings\.epsilon: .*, got NaN$/],
  [{ images: -3 }, /^measureCheckpoint: settings\.images: .*1, got -3$/],
  [{ repeats: 0 }, /^measureCheckpoint: settings\.repeats: .*1, got 0$/],
  [{ epsilom: 1 }, /^measureCheckpoint: settings: .*epsilom/],
])('measureCheckpoint refuses %j', async (settings, message) => {
  await expect(
    library.measureCheckpoint('nowhere.safetensors', { settings: settings as object }),
  ).rejects.toMatchObject({
    ...{ name: 'SmoothOutError', code: 'USAGE', message: expect.stringMatching(message) },
  });
});
