import { describe, expect, test } from 'vitest';
import { buildModel } from '../nn/model.js';
import { initialise } from '../nn/weights.js';
import { createEvaluator } from '../session/evaluate.js';
import { createLandscape, type DirectionOptions, displaced, filterNormalisedDirection } from './landscape.js';
import { trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf } from './testing/session.js';

const { layout } = await buildModel('c1', { classes: 10 });
const { parameters } = initialise(layout, { seed: 1, batchNormScale: 'uniform' });
const stream = { seed: 1, purpose: 'direction' } as const;
const draw = (options: Partial<DirectionOptions> = {}, w = parameters): Float64Array =>
  filterNormalisedDirection(stream, w, layout, { distribution: 'uniform', fixed: 'none', ...options });

describe.each(['uniform', 'gaussian'] as const)('a filter-normalised direction, %s', (distribution) => {
  const direction = draw({ distribution });

  test('has the length of every filter of weights, and the size of every other number', () => {
    for (const { shape, offset, size } of layout.parameters) {
      const length = shape.length === 1 ? 1 : size / shape[0]!;
      for (let from = offset; from < offset + size; from += length) {
        const own = Math.hypot(...direction.subarray(from, from + length));
        expect(own).toBeCloseTo(Math.hypot(...parameters.subarray(from, from + length)), 6);
      }
    }
  });

  test('points either way', () => {
    const positive = direction.filter((d) => d > 0).length / direction.length;
    expect(positive).toBeGreaterThan(0.49);
    expect(positive).toBeLessThan(0.51);
  });
});

test('a network of twice the weights has twice the direction: the random numbers are shared', () => {
  const direction = draw();
  const doubled = draw(
    {},
    parameters.map((value) => 2 * value),
  );
  for (let i = 0; i < direction.length; i += 997) expect(doubled[i]).toBeCloseTo(2 * direction[i]!, 6);
});

test('biasbn leaves biases and batch norm where they are', () => {
  const direction = draw({ fixed: 'biasbn' });
  for (const { role, offset, size } of layout.parameters) {
    const isZero = direction.subarray(offset, offset + size).every((d) => d === 0);
    expect(isZero).toBe(role !== 'weight');
  }
});

test('streams differ', () => {
  const other = filterNormalisedDirection({ ...stream, chunk: 1 }, parameters, layout, {
    distribution: 'uniform',
    fixed: 'none',
  });
  expect(other[0]).not.toBe(draw()[0]);
});

test('displaced: w + α·d + β·e', () => {
  const weights = { parameters: Float32Array.of(1, 2), statistics: Float32Array.of(5) };
  const moved = displaced(weights, [Float64Array.of(1, 0), Float64Array.of(0.5, 4)], [2, -0.5]);
  expect(moved).toEqual({ parameters: Float32Array.of(2.75, 0), statistics: Float32Array.of(5) });
});

test('a landscape’s centre is the network; its axes are the lines; seeds and directions differ', async () => {
  const network = await trainSmallNetwork(3);
  const [session, checkpoint] = [sessionOf(network), checkpointOf(network, 'from')];
  const options = { distribution: 'uniform', fixed: 'none', seed: 1 } as const;
  const landscape = createLandscape(session, checkpoint, options);
  const { objective, model, weights, source } = network;
  const evaluator = createEvaluator(objective.engine, model);
  const center = await evaluator.evaluate(weights.parameters, weights.statistics, source);
  expect(await landscape.at(0, [0], 'train')).toEqual(center);
  expect(await landscape.at(0, [0, 0], 'train')).toEqual(center);
  const line = await landscape.at(0, [0.5], 'train');
  expect(line.loss).not.toBe(center.loss);
  expect(await landscape.at(0, [0.5, 0], 'train')).toEqual(line);
  expect((await landscape.at(1, [0.5], 'train')).loss).not.toBe(line.loss);
  const other = createLandscape(session, checkpoint, { ...options, seed: 2 });
  expect((await other.at(0, [0.5], 'train')).loss).not.toBe(line.loss);
});
