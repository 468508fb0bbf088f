import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import { tinySource } from '../data/testing/tiny-source.js';
import { createEagerEngine } from '../engine/eager.js';
import type { DeviceArray, Engine } from '../engine/engine.js';
import { createOnnxEngine } from '../engine/onnx/cpu/engine.js';
import { initialise } from '../nn/weights.js';
import { createDraw, type StepPlace } from './draws.js';
import { buildLearner } from './learner.js';
import { ghostBatches } from './plan.js';
import { disposeState, downloadState, freshState, uploadState } from './state.js';
import { equalSizes } from './step.js';
import { tinySpec } from './testing/tiny.js';
import { createSteps } from './train.js';

const SIZE = 16;
const source = tinySource('train', 64);
const engine = createOnnxEngine({ threads: 1 });

async function batchOf(start: number, end: number): Promise<Batch> {
  const indices = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  const images = new Float32Array(indices.length * SIZE);
  await source.read(indices, images);
  return { images, labels: source.labels.slice(start, end), count: indices.length };
}

/** Plain gradient descent at rate 1: the parameters move by the gradient itself. */
const SETTINGS = { batchSize: 16, optimizer: { name: 'sgd', learningRate: 1, momentum: 0 } };
const place = (step = 0): StepPlace => ({ epoch: 0, step, done: step, total: 100, stepsAnEpoch: 100, learningRate: 1 });

const specOf = (method: object, more: object = {}) => tinySpec({ ...SETTINGS, methods: [method], ...more });
const BASELINE = { name: 'baseline' };
const learner = await buildLearner(specOf(BASELINE), source);
const start = initialise(learner.model.layout, { seed: 5, batchNormScale: 'one' });

const NEVER = new AbortController().signal;

/** Takes the steps of these settings on any engine. */
async function stepsOf(spec: RunSpec, on: Engine) {
  const own = await buildLearner(spec, source);
  return { own, ...createSteps(on, spec, own, NEVER) };
}

/** What one step of these settings does, from any parameters and at any place in the training. */
async function stepperFor(spec = specOf(BASELINE)) {
  const { own, take } = await stepsOf(spec, engine);
  return async (batch: Batch, parameters = start.parameters, at = place()) => {
    const host = { ...start, parameters, ...freshState(own) };
    const parts = inGhosts(batch, spec);
    const results = take(await uploadState(engine, host), { size: batch.count, count: 1 }, parts, at);
    const { state, lossSum, correct } = (await results.next()).value!;
    await results.return();
    const after = await downloadState(state);
    const gradient = after.parameters.map((value, i) => parameters[i]! - value);
    const outcome = { gradient, statistics: after.statistics.slice(), lossSum, correct, updates: after.updates };
    disposeState(state);
    return outcome;
  };
}

/** A batch at hand, given out ghost batch by ghost batch. */
async function* inGhosts({ images, labels, count }: Batch, { batchSize, ghostBatchSize }: RunSpec) {
  const pixels = images.length / count;
  let start = 0;
  for (const size of ghostBatches(count, batchSize, ghostBatchSize)) {
    const end = start + size;
    yield {
      images: images.subarray(start * pixels, end * pixels),
      labels: labels.subarray(start, end),
      count: size,
    };
    start = end;
  }
}

const stepOn = async (batch: Batch, spec?: RunSpec, parameters?: Float32Array, at?: StepPlace) =>
  (await stepperFor(spec))(batch, parameters, at);

/** θ of a pass, as the step draws it. */
async function thetaOf(spec = specOf(BASELINE), at = place(), ghostBatch = 0, copy = 0): Promise<Float32Array> {
  const { u, a } = createDraw(spec, await buildLearner(spec, source)).noise(at, { ghostBatch, copy });
  return u!.map((value) => value * a![0]!);
}

const plus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!);
const mean = (vectors: readonly Float32Array[]) =>
  vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));
const close = (values: Float32Array, digits = 5) => Array.from(values, (value) => expect.closeTo(value, digits));

/** Running statistics after several batches, from those after each alone: s ← 0.9 s + 0.1 m for each in turn. */
function inTurn(each: readonly Float32Array[]): Float32Array {
  const fresh = each.map((after) => after.map((value, i) => value - 0.9 * start.statistics[i]!));
  return fresh.reduce((running, share) => running.map((value, i) => 0.9 * value + share[i]!), start.statistics);
}

describe('ghost batches', () => {
  // Of 16, of 12 (shorter ghosts, as many) and of 14 (the last ghost shorter than the others).
  test.each([
    [16, [0, 4, 8, 12, 16]],
    [12, [0, 3, 6, 9, 12]],
    [14, [0, 4, 8, 12, 14]],
  ])(
    'of a batch of %d: the mean of their gradients, each as much, and their statistics in turn',
    async (count, cuts) => {
      const whole = await stepOn(await batchOf(0, count), specOf(BASELINE, { ghostBatchSize: 4 }));
      const parts = [];
      for (const [i, cut] of cuts.slice(0, -1).entries()) parts.push(await stepOn(await batchOf(cut, cuts[i + 1]!)));
      expect(Array.from(whole.gradient)).toEqual(close(mean(parts.map(({ gradient }) => gradient))));
      expect(Array.from(whole.statistics)).toEqual(close(inTurn(parts.map(({ statistics }) => statistics))));
      expect(whole.lossSum).toBeCloseTo(
        parts.reduce((sum, { lossSum }) => sum + lossSum, 0),
        4,
      );
      expect(whole.correct).toBe(parts.reduce((sum, { correct }) => sum + correct, 0));
      expect(whole.updates).toBe(1);
    },
  );

  test('are not the batch as a whole', async () => {
    const ghosts = await stepOn(await batchOf(0, 16), specOf(BASELINE, { ghostBatchSize: 4 }));
    const whole = await stepOn(await batchOf(0, 16));
    expect(distance(ghosts.gradient, whole.gradient)).toBeGreaterThan(0.01);
  });

  test('one as large as the batch is the batch', async () => {
    const batch = await batchOf(0, 16);
    expect(await stepOn(batch, specOf(BASELINE, { ghostBatchSize: 16 }))).toEqual(await stepOn(batch));
  });
});

test('a step in one program and one in two, pass and update, come to the same', async () => {
  const spec = specOf({ name: 'smoothout', noise: { a: 0.1 } });
  const { own, onePass, manyPasses } = await stepsOf(spec, engine);
  const { images, labels, count } = await batchOf(0, 16);
  const { parameters, statistics } = start;
  const noise = createDraw(spec, own).noise(place(), { ghostBatch: 0, copy: 0 });
  const { optimizer, memory, average } = freshState(own);
  const common = { batch: { images, labels }, noise };
  const scalars = { rate: Float32Array.of(1) };
  const sums = { gradient: new Float32Array(parameters.length), statistics, memory };
  const one = await (await onePass.program.get(count)).run({
    ...common,
    scalars,
    state: { parameters, statistics, memory, average, optimizer },
  });
  const pass = await (await manyPasses.pass.get(count)).run({ ...common, parameters, sums });
  const inputs = {
    parameters,
    gradientSum: pass.sums.gradient,
    weight: Float32Array.of(1),
    optimizer,
    average,
    scalars,
  };
  const two = await (await manyPasses.update.get('update')).run(inputs);
  const host = async (array: DeviceArray) => (await array.read()).slice();
  expect(Array.from(await host(two.parameters))).toEqual(close(await host(one.state.parameters), 6));
  expect(await host(pass.sums.statistics)).toEqual(await host(one.state.statistics));
  expect(pass.loss).toEqual(one.loss);
});

describe('SmoothOut', () => {
  const smoothout = { name: 'smoothout', noise: { a: 0.2 } };

  test('has gradient, loss and statistics of w + θ, and moves w', async () => {
    const batch = await batchOf(0, 16);
    const spec = specOf(smoothout);
    const noisy = await stepOn(batch, spec, start.parameters, place(3));
    const there = await stepOn(batch, specOf(BASELINE), plus(start.parameters, await thetaOf(spec, place(3))));
    expect(Array.from(noisy.gradient)).toEqual(close(there.gradient));
    expect(noisy.statistics).toEqual(there.statistics);
    expect(noisy.lossSum).toBeCloseTo(there.lossSum, 5);
    expect(distance(noisy.gradient, (await stepOn(batch)).gradient)).toBeGreaterThan(0.01);
  });

  test.each(['step', 'ghostBatch'])('per %s', async (per) => {
    const spec = specOf({ name: 'smoothout', noise: { a: 0.2, per } }, { ghostBatchSize: 4 });
    const thetas = await Promise.all([0, 1, 2, 3].map((ghostBatch) => thetaOf(spec, place(), ghostBatch)));
    expect(new Set(thetas.map(String)).size).toBe(per === 'step' ? 1 : 4);
    const parts = [];
    for (const [i, theta] of thetas.entries()) {
      const ghost = await batchOf(4 * i, 4 * i + 4);
      parts.push((await stepOn(ghost, specOf(BASELINE), plus(start.parameters, theta))).gradient);
    }
    const { gradient } = await stepOn(await batchOf(0, 16), spec);
    expect(Array.from(gradient)).toEqual(close(mean(parts)));
  });
});

describe('deterministic SmoothOut (Fig. 2(a), Eq. 1)', () => {
  const deterministic = (copies: number, seed = 1) =>
    specOf({ name: 'smoothout-deterministic', copies, noise: { a: 0.2 } }, { seeds: [seed] });

  test('averages the gradients of N perturbed models on the same batch', async () => {
    const batch = await batchOf(0, 16);
    const spec = deterministic(3);
    const parts = [];
    for (const copy of [0, 1, 2]) {
      parts.push(await stepOn(batch, specOf(BASELINE), plus(start.parameters, await thetaOf(spec, place(), 0, copy))));
    }
    const step = await stepOn(batch, spec);
    expect(Array.from(step.gradient)).toEqual(close(mean(parts.map(({ gradient }) => gradient))));
    expect(Array.from(step.statistics)).toEqual(close(inTurn(parts.map(({ statistics }) => statistics))));
    expect(step.lossSum).toBeCloseTo(
      parts.reduce((sum, { lossSum }) => sum + lossSum / 3, 0),
      4,
    );
  });

  test('keeps its perturbations for the whole training, each copy its own', async () => {
    const spec = deterministic(2);
    const theta = await thetaOf(spec, place(), 0, 0);
    expect(await thetaOf(spec, { ...place(7), epoch: 4 }, 1, 0)).toEqual(theta);
    expect(await thetaOf(spec, place(), 0, 1)).not.toEqual(theta);
  });

  test('comes to the smoothed gradient as N grows, and so does the average of stochastic steps (Eqs. 6 to 8)', async () => {
    const batch = await batchOf(0, 16);
    const stochastic = specOf({ name: 'smoothout', noise: { a: 0.2 } });
    const stochasticStep = await stepperFor(stochastic);
    const draws: Float32Array[] = [];
    for (let t = 0; t < 1000; t++) draws.push((await stochasticStep(batch, start.parameters, place(t))).gradient);
    const smoothed = mean(draws);
    // The mean of D draws is off by √(variance / D), all coordinates together.
    const variance = draws.reduce((sum, gradient) => sum + distance(gradient, smoothed) ** 2, 0) / draws.length;
    const off = async (copies: number) => {
      const gradients = [];
      for (const seed of [2, 3, 4]) gradients.push((await stepOn(batch, deterministic(copies, seed))).gradient);
      return Math.sqrt(gradients.reduce((sum, gradient) => sum + distance(gradient, smoothed) ** 2, 0) / 3);
    };
    for (const copies of [1, 16, 256]) {
      const expected = Math.sqrt(variance / copies + variance / draws.length);
      expect((await off(copies)) / expected, `${copies} copies`).toBeGreaterThan(0.6);
      expect((await off(copies)) / expected, `${copies} copies`).toBeLessThan(1.5);
    }
    const plain = (await stepOn(batch)).gradient;
    expect(distance(plain, smoothed)).toBeGreaterThan(8 * Math.sqrt(variance / draws.length));
  });
});

test('steps give back every array of the device that they no longer need', async () => {
  const eager = createEagerEngine();
  const spec = specOf({ name: 'smoothout-deterministic', copies: 2 }, { ghostBatchSize: 8 });
  const { own, take } = await stepsOf(spec, eager);
  let state = await uploadState(eager, { ...start, ...freshState(own) });
  const counts = [];
  for (let step = 0; step < 4; step++) {
    const batch = await batchOf(0, 16);
    for await (const result of take(state, { size: 16, count: 1 }, inGhosts(batch, spec), place(step))) {
      ({ state } = result);
    }
    counts.push(tf.memory().numTensors);
  }
  expect(new Set(counts.slice(1)).size).toBe(1);
});

test('neighbours of one size go together', () => {
  expect(equalSizes([4, 4, 4, 2])).toEqual([
    { size: 4, count: 3 },
    { size: 2, count: 1 },
  ]);
  expect(equalSizes([])).toEqual([]);
});
