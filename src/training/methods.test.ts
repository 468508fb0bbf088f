/** What every method must do, whatever it perturbs: one suite for all of them. */
import { describe, expect, test } from 'vitest';
import { createEagerEngine } from '../engine/eager.js';
import { readMetrics } from '../records/metrics.js';
import { parametersOf, resultsOf, tinySpec, trainTiny } from './testing/tiny.js';

/** 60 images in batches of 16 are four steps an epoch, the last of 12 images. */
const EPOCHS = 2;
const STEPS = 4 * EPOCHS;

const METHODS: readonly [name: string, settings: { readonly methods: readonly [object] }][] = [
  ['baseline', { methods: [{ name: 'baseline' }] }],
  ['smoothout', { methods: [{ name: 'smoothout', noise: { a: 0.05 } }] }],
  ['adasmoothout', { methods: [{ name: 'adasmoothout', noise: { a: 0.2 } }] }],
  ['smoothout-deterministic', { methods: [{ name: 'smoothout-deterministic', copies: 3, noise: { a: 0.05 } }] }],
  ['smoothout-two-sided', { methods: [{ name: 'smoothout-two-sided', noise: { a: 0.05 } }] }],
  ['smoothout, Gaussian', { methods: [{ name: 'smoothout', noise: { a: 0.05, distribution: 'gaussian' } }] }],
  ['lpf-sgd', { methods: [{ name: 'lpf-sgd', noise: { a: 0.002 } }] }],
  ['rwp', { methods: [{ name: 'rwp', noise: { a: 0.02 } }] }],
  ['arwp', { methods: [{ name: 'arwp', noise: { a: 0.02 } }] }],
  ['sam', { methods: [{ name: 'sam', rho: 0.1 }] }],
  ['asam', { methods: [{ name: 'asam', rho: 0.5 }] }],
];

const SETTINGS: readonly [name: string, settings: object][] = [
  ...METHODS,
  ...METHODS.map(([name, settings]): [string, object] => [
    `${name} in ghost batches`,
    { ...settings, ghostBatchSize: 4 },
  ]),
  [
    'smoothout, fresh in each ghost batch and fading',
    { ghostBatchSize: 4, methods: [{ name: 'smoothout', noise: { a: 0.05, per: 'ghostBatch', schedule: 'tanh' } }] },
  ],
  ['lpf-sgd of two samples', { methods: [{ name: 'lpf-sgd', noise: { a: 0.002, samples: 2 } }] }],
  [
    'sam, whose running statistics see both passes',
    { methods: [{ name: 'sam', rho: 0.1, runningStatistics: 'both' }] },
  ],
  ['sam with an exponential average', { average: { kind: 'ema', decay: 0.9 }, methods: [{ name: 'sam', rho: 0.1 }] }],
  [
    'rwp in ghost batches with SWA',
    { ghostBatchSize: 4, average: { kind: 'swa', from: 0.4 }, methods: [{ name: 'rwp' }] },
  ],
  [
    'the baseline with LARS, warm-up and cosine',
    { optimizer: { name: 'lars', learningRate: 10, warmup: 1, decay: 'cosine' } },
  ],
  [
    'adasmoothout as the reference runs it, with momentum',
    {
      ghostBatchSize: 4,
      optimizer: {
        name: 'sgd',
        learningRate: 0.05,
        scaleLearningRate: true,
        clipNorm: 5,
        reset: 'epoch',
        weightDecay: 1e-4,
      },
      methods: [{ name: 'adasmoothout', noise: { a: 0.2, per: 'ghostBatch', parameters: 'withoutBatchNorm' } }],
    },
  ],
];

describe.each(SETTINGS)('%s', (_, settings) => {
  test('learns', async () => {
    const { record, paths } = await trainTiny(tinySpec({ ...settings, epochs: 8 }));
    const metrics = await readMetrics(paths.metrics);
    expect(metrics.at(-1)!.trainLoss).toBeLessThan(0.6 * metrics[0]!.trainLoss);
    expect(record).toMatchObject({
      status: 'completed',
      epochsDone: 8,
      epochs: 8,
      parameters: 16 * 8 + 8 + 16 + 24 + 3,
    });
    expect(record!.bestAccuracy).toBeGreaterThan(80);
  });

  test('gives the same bits for the same seed, and others for another', async () => {
    const first = await resultsOf(await trainTiny(tinySpec(settings)));
    expect(await resultsOf(await trainTiny(tinySpec(settings)))).toEqual(first);
    const other = await resultsOf(await trainTiny(tinySpec({ ...settings, seeds: [2] })));
    expect(other.last.sha256).not.toBe(first.last.sha256);
  });

  test('resumes to the same bits when it is stopped after every single step', async () => {
    const spec = tinySpec({ ...settings, epochs: EPOCHS });
    let run = await trainTiny(spec, { stopAfter: 1 });
    for (let step = 2; step < STEPS; step++) {
      expect(run.record).toBeNull();
      run = await trainTiny(spec, { out: run.out, stopAfter: 1 });
    }
    run = await trainTiny(spec, { out: run.out });
    expect(await resultsOf(run)).toEqual(await resultsOf(await trainTiny(spec)));
  });
});

describe.each(METHODS.slice(1))('%s', (name, settings) => {
  const [method] = settings.methods;

  test('with strength 0 is the baseline, bit for bit', async () => {
    for (const ghostBatchSize of [null, 4]) {
      const baseline = await resultsOf(await trainTiny(tinySpec({ ghostBatchSize })));
      // Several copies would update the running statistics several times a batch.
      const copies = name === 'smoothout-deterministic' && { copies: 1 };
      const off = { ...method, ...('rho' in method ? { rho: 0 } : { noise: { a: 0 } }), ...copies };
      const { last, ...results } = await resultsOf(await trainTiny(tinySpec({ ghostBatchSize, methods: [off] })));
      expect(results).toEqual({ metrics: baseline.metrics, best: baseline.best });
      // ARWP remembers gradients, whatever it does with them.
      if (name !== 'arwp') expect(last).toEqual(baseline.last);
    }
  });

  test('with more is not', async () => {
    const baseline = await resultsOf(await trainTiny(tinySpec()));
    expect(await resultsOf(await trainTiny(tinySpec(settings)))).not.toEqual(baseline);
  });
});

test.each(METHODS)('%s is the same on every engine, but for rounding', async (_, settings) => {
  // Adam would make steps of one size of what rounding leaves of a bias before batch normalisation.
  const optimizer = { name: 'sgd', learningRate: 0.05 };
  const spec = tinySpec({ ...settings, optimizer, ghostBatchSize: 8, epochs: 1 });
  const traced = await parametersOf(await trainTiny(spec));
  const eager = await parametersOf(await trainTiny(spec, { engine: createEagerEngine() }));
  for (const [name, values] of Object.entries(traced)) {
    const largest = Math.max(...values.map(Math.abs));
    const apart = Math.max(...values.map((value, i) => Math.abs(value - eager[name]![i]!)));
    expect(apart, name).toBeLessThan(1e-4 * largest);
  }
});

test('lpf-sgd cuts each batch into as many parts as it has samples', async () => {
  const parts = tinySpec({ methods: [{ name: 'lpf-sgd', noise: { a: 0, samples: 2 } }] });
  const ghosts = tinySpec({ ghostBatchSize: 8 });
  expect(await resultsOf(await trainTiny(parts))).toEqual(await resultsOf(await trainTiny(ghosts)));
});
