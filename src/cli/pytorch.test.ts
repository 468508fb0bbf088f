/** The whole program against PyTorch: the same parameters, images and settings give the same losses. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel, type ModelName } from '../nn/model.js';
import { initialise, toTensors } from '../nn/weights.js';
import { readMetrics } from '../records/metrics.js';
import { encodeSafetensors } from '../support/safetensors.js';
import { findPython } from '../testing/python.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/pytorch/train_steps.py', import.meta.url));
const IMAGES = 512;
const STEPS = 5;

const python = findPython('torch', 'numpy');

let data: string;
beforeAll(async () => {
  data = await smallMnist(IMAGES, 20);
});

interface Case {
  readonly model: ModelName;
  readonly hidden: readonly number[] | null;
  readonly optimizer: { name: 'adam' | 'sgd'; learningRate: number; weightDecay: number; clipNorm: number | null };
}

/** The loss before each step: `ours` of the real program, `theirs` of PyTorch. */
async function losses({ model, hidden, optimizer }: Case) {
  const { layout } = await buildModel(model, { classes: 10, ...(hidden && { hidden }) });
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-pytorch-'));
  const init = join(folder, 'init.safetensors');
  const weights = initialise(layout, { seed: 4, batchNormScale: 'uniform' });
  await writeFile(init, encodeSafetensors(toTensors(weights, layout)));

  const methods = [{ name: 'baseline' }];
  const config = await smallConfig({ model, hidden, optimizer, methods, epochs: STEPS, batchSize: IMAGES });
  const { status } = await smoothout`run ${config} --data ${data} --init ${init} --out ${folder}`;
  expect(status).toBe(0);
  const metrics = await readMetrics(join(folder, 'runs', 'small', 'baseline', 'seed-1', 'metrics.jsonl'));

  const { name, learningRate, weightDecay, clipNorm } = optimizer;
  const settings = [
    ...['--model', model, '--init', init, '--data', data, '--steps', `${STEPS}`, '--optimizer', name],
    ...['--learning-rate', `${learningRate}`, '--weight-decay', `${weightDecay}`],
    ...(hidden ? ['--hidden', ...hidden.map(String)] : []),
    ...(clipNorm === null ? [] : ['--clip-norm', `${clipNorm}`]),
  ];
  const theirs = (dtype: 'float32' | 'float64'): number[] =>
    JSON.parse(execFileSync(python!, [SCRIPT, ...settings, '--dtype', dtype], { encoding: 'utf8' }));
  return { ours: metrics.map(({ trainLoss }) => trainLoss), theirs };
}

const deviation = (losses: readonly number[], expected: readonly number[]) =>
  Math.max(...expected.map((loss, i) => Math.abs(losses[i]! / loss - 1)));

const F1: Case = {
  model: 'f1',
  hidden: null,
  optimizer: { name: 'adam', learningRate: 1e-4, weightDecay: 0, clipNorm: null },
};

const CASES: readonly [string, Case][] = [
  ['F1 with Adam', F1],
  [
    'F1 with Adam, weight decay and clipping',
    { ...F1, optimizer: { ...F1.optimizer, weightDecay: 1e-2, clipNorm: 0.5 } },
  ],
  [
    'a perceptron with momentum, weight decay and clipping',
    { model: 'mlp', hidden: [64, 32], optimizer: { name: 'sgd', learningRate: 0.2, weightDecay: 0.01, clipNorm: 0.5 } },
  ],
];

describe.skipIf(!python)('five full-batch steps from the same parameters', () => {
  test.each(CASES)('%s: losses agree to 1e-4', async (_, settings) => {
    const { ours, theirs } = await losses(settings);
    const expected = theirs('float32');
    expect(deviation(ours, expected)).toBeLessThan(1e-4);
    // The steps did something: a comparison of five equal losses would prove little.
    expect(expected[STEPS - 1]! / expected[0]!).toBeLessThan(0.95);
  });

  test('F1 at the paper’s rate: as near to double precision as PyTorch itself', async () => {
    // Adam's first steps, of one size whatever the gradient's, amplify float32's rounding tenfold each: from the same
    // start PyTorch's float32 losses end 1e-5 to 6e-4 from its float64 ones, depending on the images.
    const { ours, theirs } = await losses({ ...F1, optimizer: { ...F1.optimizer, learningRate: 1e-3 } });
    const exact = theirs('float64');
    expect(deviation(ours, exact)).toBeLessThan(Math.max(1e-4, 3 * deviation(theirs('float32'), exact)));
    expect(exact[STEPS - 1]! / exact[0]!).toBeLessThan(0.6);
  });
});
