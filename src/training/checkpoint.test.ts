import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunSpec } from '../config/schema.js';
import { buildModel } from '../nn/model.js';
import { initialise } from '../nn/weights.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';
import { type Checkpoint, describe as describeRun, readCheckpoint, saveCheckpoint, saveWeights } from './checkpoint.js';
import { buildLearner } from './learner.js';
import { TINY_DATASET, temporaryFolder, tinySpec } from './testing/tiny.js';

const { layout } = await buildModel('mlp', {
  classes: 3,
  hidden: [8],
  inputShape: { channels: 1, height: 4, width: 4 },
});
const spec = tinySpec();
const weights = initialise(layout, { seed: 9, batchNormScale: 'uniform' });
// Numbers that text, or doubles turned into text, would not keep: −0, the smallest, NaN's own bits.
const firstMoment = weights.parameters.map((value) => value / 3);
firstMoment.set([-0, 1e-45, Number.NaN, 3.4028235e38]);
const CHECKPOINT: Checkpoint = {
  state: {
    ...weights,
    memory: {},
    average: {},
    optimizer: { firstMoment, secondMoment: firstMoment.map((value) => value * value) },
    updates: 7,
  },
  progress: { epoch: 1, steps: 3, images: 48, lossSum: 0.1 + 0.2, correct: 31, seconds: 1.25 },
};
const NAMES = ['firstMoment', 'secondMoment'];

let path: string;
beforeAll(async () => {
  path = join(await temporaryFolder(), 'last.safetensors');
});
beforeEach(() => saveCheckpoint(path, spec, layout, CHECKPOINT));

const bits = (values: Float32Array) =>
  new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
const learnerOf = (as: RunSpec) => buildLearner(as, TINY_DATASET.train);
const read = async (as = spec, learner = learnerOf(as)) => readCheckpoint(path, as, await learner);
const refusal = (message: RegExp) => ({
  code: 'CHECKPOINT_INVALID',
  exitStatus: 5,
  message: expect.stringMatching(message),
});

test('a checkpoint comes back bit for bit', async () => {
  const { state, progress } = await read();
  expect(progress).toEqual(CHECKPOINT.progress);
  expect(state.updates).toBe(7);
  expect(bits(state.parameters)).toEqual(bits(weights.parameters));
  expect(bits(state.statistics)).toEqual(bits(weights.statistics));
  for (const name of NAMES) expect(bits(state.optimizer[name]!)).toEqual(bits(CHECKPOINT.state.optimizer[name]!));
});

test('a checkpoint has the usual tensor names, so that other programs read it', async () => {
  const { tensors, metadata } = await readSafetensors(path);
  expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual([
    ['layers.0.weight', [8, 16]],
    ['layers.0.bias', [8]],
    ['layers.1.weight', [8]],
    ['layers.1.bias', [8]],
    ['layers.3.weight', [3, 8]],
    ['layers.3.bias', [3]],
    ['layers.1.running_mean', [8]],
    ['layers.1.running_var', [8]],
    ['optimizer.firstMoment', [layout.size]],
    ['optimizer.secondMoment', [layout.size]],
  ]);
  expect(metadata).toMatchObject({
    model: 'mlp',
    dataset: 'mnist',
    experiment: 'tiny',
    method: 'baseline',
    seed: '1',
    epoch: '1',
  });
});

describe('refused', () => {
  test('a file cut short', async () => {
    const bytes = await readFile(path);
    for (const length of [0, 4, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(read(), `${length} bytes`).rejects.toMatchObject(refusal(/last\.safetensors/));
    }
  });

  test('a file with one bit changed, wherever it is', async () => {
    const bytes = await readFile(path);
    for (const at of [9, 200, bytes.length - 1, Math.floor(0.9 * bytes.length)]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await writeFile(path, changed);
      await expect(read(), `byte ${at}`).rejects.toMatchObject(refusal(/last\.safetensors/));
    }
  });

  test.each([
    ['settings', { optimizer: { learningRate: 0.02 } }],
    ['method', { methods: [{ name: 'smoothout' }] }],
    ['seed', { seeds: [2] }],
  ])('another run’s: other %s', async (_, settings) => {
    await expect(read(tinySpec(settings))).rejects.toMatchObject(
      refusal(/of a run with other settings or another seed$/),
    );
  });

  test('weights alone, as best.safetensors has them', async () => {
    await saveWeights(path, weights, layout, describeRun(spec, 3));
    await expect(read()).rejects.toMatchObject(refusal(/not a checkpoint to resume from/));
  });

  test('one without the state of this optimizer', async () => {
    const sgd = learnerOf(tinySpec({ optimizer: { name: 'sgd' } }));
    await expect(read(spec, sgd)).rejects.toMatchObject(refusal(/optimizer\.velocity is missing/));
  });
});

describe('a checkpoint of format 1, whose noise was rounded otherwise', () => {
  const asOldOf = async (method: string) => {
    const own = tinySpec({ methods: [{ name: method }] });
    await saveCheckpoint(path, own, layout, CHECKPOINT);
    const { tensors, metadata } = await readSafetensors(path);
    await writeFile(path, encodeSafetensors(tensors, { ...metadata, format: '1' }));
    return own;
  };

  test.each(['baseline', 'adasmoothout'])('is continued by %s, which is the same to the last bit', async (method) => {
    expect((await read(await asOldOf(method))).progress).toEqual(CHECKPOINT.progress);
  });

  test.each(['smoothout', 'smoothout-deterministic'])('is refused by %s, and says why', async (method) => {
    const own = await asOldOf(method);
    await expect(read(own)).rejects.toMatchObject(refusal(/an earlier smoothout began this run/));
  });
});
