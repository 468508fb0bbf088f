import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveRuns } from '../../src/config/resolve.js';
import { configSchema } from '../../src/config/schema.js';
import { installedTensorFlow } from '../../src/engine/tensorflow.js';
import { secondsEach } from './alternate.js';
import { fastestOfAll } from './fastest.js';
import type { GradientTask, StepTask } from './protocol.js';
import { AS_INSTALLED, findPyTorches, startPyTorch } from './pytorch.js';
import { type Side, startOurs, startSide } from './side.js';

const pytorches = findPyTorches();
if (pytorches.length === 0) console.warn("skipping PyTorch's side of the benchmark: no python3 here has torch");

function network(method: string, settings: object = {}) {
  const config = configSchema.parse({
    experiment: 'tiny',
    model: 'mlp',
    hidden: [8],
    dataset: 'mnist',
    epochs: 1,
    batchSize: 16,
    methods: [{ name: method }],
    ...settings,
  });
  const spec = resolveRuns(config)[0]!;
  const shape = { channels: 1, height: 4, width: 4 };
  return { spec, classes: 3, shape };
}

const step = (method: string, settings?: object): StepTask => {
  return { kind: 'step', ...network(method, settings), learningRate: 0.05 };
};
const gradient: GradientTask = { kind: 'gradient', ...network('baseline'), images: 30, batchSize: 20 };

const SIDES: readonly (readonly [string, () => Promise<Side>])[] = [
  ['ours', async () => startOurs()],
  ...(installedTensorFlow('cpu') ? [['TensorFlow', async () => startOurs('tensorflow')] as const] : []),
  ...(pytorches.length > 0
    ? [['PyTorch', async () => startPyTorch(await fastestOfAll(pytorches, { kind: 'product', size: 16 }))] as const]
    : []),
];

describe.each(SIDES)('%s', (_, start) => {
  let side: Side;
  beforeAll(async () => {
    side = await start();
  });
  afterAll(() => side?.close());

  const outcome = async (name: string, times: number) => (await side.run(name, times, 0)).outcome;

  test.each(['baseline', 'smoothout', 'adasmoothout'])('%s trains, always from the same start', async (method) => {
    await side.prepare(method, step(method));
    // Untrained, three classes: about ln 3 = 1.1.
    const atStart = await outcome(method, 1);
    expect(Math.abs(atStart - Math.log(3))).toBeLessThan(0.8);
    expect(await outcome(method, 50)).toBeLessThan(atStart / 2);
    expect(Math.abs((await outcome(method, 1)) - atStart)).toBeLessThan(0.3);
  });

  test('ghost batches and momentum', async () => {
    await side.prepare('ghosts', step('smoothout', { ghostBatchSize: 8, optimizer: { name: 'sgd', clipNorm: 5 } }));
    expect(await outcome('ghosts', 50)).toBeLessThan((await outcome('ghosts', 1)) / 2);
  });

  test('a loss and its gradient', async () => {
    await side.prepare('gradient', gradient);
    expect(Math.abs((await outcome('gradient', 1)) - Math.log(3))).toBeLessThan(0.8);
    expect(await outcome('gradient', 2)).toBe(await outcome('gradient', 1));
  });

  test('a product, and the memory it took', async () => {
    await side.prepare('product', { kind: 'product', size: 32 });
    expect((await side.run('product', 3, 1)).seconds).toBeGreaterThan(0);
    const { bytes } = await side.memory();
    if (process.platform === 'linux') expect(bytes).toBeGreaterThan(2 ** 25);
    else expect(bytes).toBeNull();
  });

  test('a fault is told, and the next request answered', async () => {
    await expect(side.run('nothing', 1, 0)).rejects.toThrow(/run nothing: .*nothing/s);
    await side.prepare('diverging', { ...step('baseline', { optimizer: { name: 'sgd' } }), learningRate: 1e30 });
    await expect(secondsEach({ side, name: 'diverging' }, 5)).rejects.toThrow(/diverging: .* came out/);
    await side.prepare('again', gradient);
    expect(await outcome('again', 1)).toBeGreaterThan(0);
  });
});

const canCompile = pytorches.find(({ version }) => Number.parseInt(version, 10) >= 2);

test.skipIf(!canCompile)('PyTorch 2, compiled and with channels_last, trains from the same start too', async () => {
  const side = startPyTorch({ ...AS_INSTALLED, pytorch: canCompile!, memoryFormat: 'channels_last', compiled: true });
  await side.prepare('compiled', step('smoothout'));
  const atStart = (await side.run('compiled', 1, 0)).outcome;
  expect(Math.abs(atStart - Math.log(3))).toBeLessThan(0.8);
  expect((await side.run('compiled', 50, 0)).outcome).toBeLessThan(atStart / 2);
  expect(Math.abs((await side.run('compiled', 1, 0)).outcome - atStart)).toBeLessThan(0.3);
  await side.close();
});

test('a process that ends instead of answering', async () => {
  const side = startSide(process.execPath, ['-e', 'process.exit(3)'], process.env);
  await expect(side.memory()).rejects.toThrow(/ended without an answer/);
  await side.close();
});
