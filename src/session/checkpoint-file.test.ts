import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { firstImages } from '../data/source.js';
import { writeMnist } from '../data/testing/fixtures.js';
import { buildModel } from '../nn/model.js';
import { initialise, toTensors } from '../nn/weights.js';
import { encodeSafetensors } from '../support/safetensors.js';
import { openCheckpoint } from './checkpoint-file.js';
import { openSession, type Session } from './session.js';

let data: string;
beforeAll(async () => {
  data = await writeMnist(200, 80);
});

const model = await buildModel('mlp', { classes: 10, hidden: [4] });
const tensors = toTensors(initialise(model.layout, { seed: 1, batchNormScale: 'one' }), model.layout);

/** A run's folder with these settings; the path of its checkpoint. */
async function runFolder(settings: string, metadata: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-checkpoint-'));
  const config = `experiment: mine\nmodel: mlp\ndataset: mnist\nhidden: [4]\nepochs: 1\nbatchSize: 20\n${settings}`;
  await writeFile(join(folder, 'config.yaml'), `${config}\nseeds: [3]\nmethods: [{ name: baseline }]\n`);
  await writeFile(join(folder, 'best.safetensors'), encodeSafetensors(tensors, metadata));
  return join(folder, 'best.safetensors');
}

const session = (signal = new AbortController().signal): Promise<Session> =>
  openSession({ engine: 'onnx', device: 'cpu', data, signal });

describe('a checkpoint is opened with', () => {
  test.each([
    ['', 200, 80],
    ['trainLimit: 60\nvalidationLimit: 30', 60, 30],
    ['validation: holdout:40', 160, 80],
    ['validation: holdout:40\nvalidationLimit: 30', 160, 80],
  ])('the images of its run: %j', async (settings, train, test) => {
    const { splits } = await openCheckpoint(await session(), await runFolder(settings));
    expect([splits.train.count, splits.test.count]).toEqual([train, test]);
  });

  test('what the file says of itself, or the config beside it', async () => {
    const opened = await session();
    const described = { experiment: 'c1-lb', method: 'smoothout', seed: '5', epoch: '12' };
    expect(await openCheckpoint(opened, await runFolder('', described))).toMatchObject({
      run: { experiment: 'c1-lb', method: 'smoothout', seed: 5 },
      epoch: 12,
    });
    expect(await openCheckpoint(opened, await runFolder(''))).toMatchObject({
      run: { experiment: 'mine', method: 'baseline', seed: 3 },
      epoch: null,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('a checkpoint of another model than its config’s is refused', async () => {
    const path = await runFolder('', { model: 'f1' });
    await expect(openCheckpoint(await session(), path)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: `${path}: a checkpoint of model f1, where its config says mlp`,
    });
  });
});

test('the same images of two runs are kept once', async () => {
  const opened = await session();
  const [a, b] = [
    await openCheckpoint(opened, await runFolder('')),
    await openCheckpoint(opened, await runFolder('trainLimit: 60')),
  ];
  const first = await opened.images(a.spec, firstImages(a.splits.train, 60));
  expect(await opened.images(b.spec, b.splits.train)).toBe(first);
  expect(await opened.images(a.spec, a.splits.train)).not.toBe(first);
});

test('once the signal is aborted, reading images throws its reason', async () => {
  const controller = new AbortController();
  const opened = await session(controller.signal);
  const { spec, splits } = await openCheckpoint(opened, await runFolder(''));
  controller.abort(new Error('enough'));
  await expect(opened.images(spec, splits.test)).rejects.toThrow('enough');
});
