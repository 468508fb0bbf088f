/** Every method against PyTorch: ten steps of the built program, and the same re-derived in scripts/pytorch. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRunConfig } from '../config/resolve.js';
import { buildModel } from '../nn/model.js';
import { initialise, toTensors } from '../nn/weights.js';
import { type EpochMetrics, readMetrics } from '../records/metrics.js';
import { runPaths } from '../records/run-folder.js';
import { permutation } from '../support/random.js';
import { encodeSafetensors, type StoredTensors } from '../support/safetensors.js';
import { findPython } from '../testing/python.js';
import { createDraw } from '../training/draws.js';
import { buildLearner } from '../training/learner.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/pytorch/method_steps.py', import.meta.url));
const IMAGES = 256;
const STEPS = 10;
const HIDDEN = [24];
const LIMIT = 1e-4;

/** Strong enough that a step without the method would be far off. */
const METHODS: readonly {
  readonly name: string;
  readonly label?: string;
  readonly noise?: object;
  readonly rho?: number;
}[] = [
  { name: 'baseline' },
  { name: 'smoothout', noise: { a: 0.05 } },
  { name: 'smoothout', label: 'gaussian', noise: { a: 0.05, distribution: 'gaussian' } },
  { name: 'smoothout-two-sided', noise: { a: 0.05 } },
  { name: 'sam', rho: 0.5 },
  { name: 'asam', rho: 1 },
  { name: 'lpf-sgd', noise: { a: 0.01, samples: 1, schedule: 'rising' } },
  { name: 'lpf-sgd', label: 'samples', noise: { a: 0.01, samples: 4, schedule: 'rising' } },
  { name: 'rwp', noise: { a: 0.05 } },
  { name: 'arwp', noise: { a: 0.05 } },
];

const SGD = { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 };
const SETTINGS: Readonly<Record<string, object>> = {
  'with momentum and weight decay': { optimizer: SGD },
  'in ghost batches (m-sharpness)': { optimizer: SGD, ghostBatchSize: 64 },
  'with LARS': { optimizer: { ...SGD, name: 'lars', learningRate: 20, trust: 0.001 } },
  'with SWA': { optimizer: SGD, average: { kind: 'swa', from: 0.5 } },
  'with EMA': { optimizer: SGD, average: { kind: 'ema', decay: 0.7 } },
};

const python = findPython('torch', 'numpy');
let data: string;
let init: string;
beforeAll(async () => {
  data = await smallMnist(IMAGES, 100);
  const { layout } = await buildModel('mlp', { classes: 10, hidden: HIDDEN });
  init = join(await mkdtemp(join(tmpdir(), 'smoothout-methods-')), 'init.safetensors');
  const weights = initialise(layout, { seed: 4, batchNormScale: 'uniform' });
  await writeFile(init, encodeSafetensors(toTensors(weights, layout)));
});

interface Theirs {
  readonly losses: readonly number[];
  readonly apart: number;
  readonly averageLoss?: number;
  readonly averageApart?: number;
}

/** Our runs of all methods, and what the script needs to repeat each. */
async function runsOf(settings: object) {
  const out = await mkdtemp(join(tmpdir(), 'smoothout-methods-'));
  const config = await smallConfig({ ...settings, hidden: HIDDEN, epochs: STEPS, batchSize: IMAGES, methods: METHODS });
  const { status } = await smoothout`run ${config} --data ${data} --init ${init} --out ${out}`;
  expect(status).toBe(0);
  return Promise.all(
    METHODS.map(async ({ name, label = name }) => {
      const paths = runPaths(out, { experiment: 'small', method: { label }, seed: 1 });
      const noise = join(paths.folder, 'noise.safetensors');
      const spec = await readRunConfig(paths.config);
      const samples = spec.method.name === 'lpf-sgd' ? spec.method.noise.samples : 1;
      const parts = (IMAGES / (spec.ghostBatchSize ?? IMAGES)) * samples;
      const drawn = await drawsOf(spec, parts);
      await writeFile(noise, encodeSafetensors(drawn));
      const orders = Array.from({ length: STEPS }, (_, epoch) => [
        ...permutation({ seed: 1, purpose: 'shuffle', epoch }, IMAGES),
      ]);
      const { method, optimizer, average } = spec;
      const given = { data, init, hidden: HIDDEN, method, optimizer, average, parts, orders };
      const hasNoise = Object.keys(drawn).length > 0;
      return {
        label,
        metrics: await readMetrics(paths.metrics),
        case: { ...given, noise: hasNoise ? noise : null, checkpoint: paths.last },
      };
    }),
  );
}

/** What the program drew in each step for each part of the batch. */
async function drawsOf(spec: Awaited<ReturnType<typeof readRunConfig>>, parts: number): Promise<StoredTensors> {
  const images = { classes: 10, shape: { channels: 1, height: 28, width: 28 } };
  const draw = createDraw(spec, await buildLearner(spec, images));
  const tensors: Record<string, StoredTensors[string]> = {};
  for (let epoch = 0; epoch < STEPS; epoch++) {
    for (let ghostBatch = 0; ghostBatch < parts; ghostBatch++) {
      const place = { epoch, step: 0, done: epoch, total: STEPS, stepsAnEpoch: 1, learningRate: 0 };
      const { u, a } = draw.noise(place, { ghostBatch, copy: 0 });
      if (!u || !a) return {};
      tensors[`u.${epoch}.${ghostBatch}`] = { shape: [u.length], data: u.slice() };
      tensors[`a.${epoch}.${ghostBatch}`] = { shape: [], data: a };
    }
  }
  return tensors;
}

const relative = (value: number, expected: number) => Math.abs(value / expected - 1);

function expectSame(label: string, metrics: readonly EpochMetrics[], theirs: Theirs) {
  const lossesApart = Math.max(...metrics.map(({ trainLoss }, i) => relative(trainLoss, theirs.losses[i]!)));
  expect(lossesApart, `${label}: losses`).toBeLessThan(LIMIT);
  expect(theirs.apart, `${label}: parameters`).toBeLessThan(LIMIT);
  if (theirs.averageLoss === undefined) return;
  expect(theirs.averageApart, `${label}: average`).toBeLessThan(LIMIT);
  expect(relative(metrics.at(-1)!.averageLoss!, theirs.averageLoss), `${label}: loss of the average`).toBeLessThan(
    LIMIT,
  );
}

describe.skipIf(!python)('ten steps from the same parameters agree with PyTorch in float64 to 1e-4', () => {
  test.each(Object.entries(SETTINGS))('all methods %s', async (_, settings) => {
    const runs = await runsOf(settings);
    const input = JSON.stringify(runs.map((run) => run.case));
    const theirs: Theirs[] = JSON.parse(
      execFileSync(python!, [SCRIPT], { input, encoding: 'utf8', maxBuffer: 2 ** 26 }),
    );
    for (const [i, { label, metrics }] of runs.entries()) expectSame(label, metrics, theirs[i]!);
    // Each method goes where no other does: agreement of equal runs would prove little.
    const last = theirs.map(({ losses }) => losses.at(-1)!);
    expect(new Set(last.map((loss) => loss.toFixed(4))).size).toBe(last.length);
  });
});
