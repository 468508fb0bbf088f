import { describe, expect, test } from 'vitest';
import { tinySource } from '../data/testing/tiny-source.js';
import { createDraw, type PassPlace, type StepPlace } from './draws.js';
import { buildLearner } from './learner.js';
import { tinySpec } from './testing/tiny.js';

const source = { ...tinySource('train', 4), shape: { channels: 3, height: 12, width: 12 } };
const place = (more: Partial<StepPlace> = {}): StepPlace => {
  return { epoch: 0, step: 0, done: 0, total: 100, stepsAnEpoch: 100, learningRate: 1, ...more };
};
const pass = (more: Partial<PassPlace> = {}): PassPlace => ({ ghostBatch: 0, copy: 0, ...more });

async function drawOf(method: object, settings: object = {}) {
  const spec = tinySpec({ ...settings, methods: [method] });
  const draw = createDraw(spec, await buildLearner(spec, source));
  return (at = place(), of = pass(), images = 4) => {
    const { u, a } = draw.noise(at, of);
    const { dropout } = draw.dropout(at, of, images);
    // The arrays are used again by the next draw.
    return { ...(u && { u: u.slice() }), ...(a && { a }), ...(dropout && { dropout: dropout.slice() }) };
  };
}

test('the baseline needs no numbers', async () => {
  expect((await drawOf({ name: 'baseline' }))()).toEqual({});
});

describe('noise', () => {
  test.each(['smoothout', 'adasmoothout', 'smoothout-deterministic'])(
    'of %s is U(−1, 1), and a beside it',
    async (name) => {
      const { u, a } = (await drawOf({ name, noise: { a: 0.03 } }))();
      expect(Math.max(...u!)).toBeLessThan(1);
      expect(Math.max(...u!)).toBeGreaterThan(0.99);
      expect(Math.min(...u!)).toBeLessThan(-0.99);
      expect(a).toEqual(Float32Array.of(0.03));
    },
  );

  test.each(['smoothout', 'adasmoothout'])('of %s fades with the tanh schedule', async (name) => {
    const draw = await drawOf({ name, noise: { a: 0.5, schedule: 'tanh' } });
    const strengths = [0, 50, 100].map((done) => draw(place({ done, step: done })).a![0]);
    expect(strengths).toEqual([0.49997731, 0.25, 0.00002269894].map((value) => expect.closeTo(value, 7)));
  });

  test('is the same wherever a run begins: a function of the place alone', async () => {
    const method = { name: 'smoothout', noise: { a: 1, per: 'ghostBatch' } };
    const [through, direct] = [await drawOf(method), await drawOf(method)];
    for (let step = 0; step < 3; step++)
      for (let ghostBatch = 0; ghostBatch < 3; ghostBatch++) through(place({ step }), pass({ ghostBatch }));
    expect(through(place({ step: 3 }), pass({ ghostBatch: 1 }))).toEqual(
      direct(place({ step: 3 }), pass({ ghostBatch: 1 })),
    );
  });

  test.each([
    ['step', true],
    ['ghostBatch', false],
  ])('per %s', async (per, shared) => {
    const draw = await drawOf({ name: 'smoothout', noise: { a: 1, per } });
    const [first, second] = [0, 1].map((ghostBatch) => String(draw(place(), pass({ ghostBatch })).u));
    expect(first === second).toBe(shared);
    expect(String(draw(place({ step: 1 })).u)).not.toBe(first);
    expect(String(draw(place({ epoch: 1 })).u)).not.toBe(first);
  });

  test('withoutBatchNorm is without, in all methods', async () => {
    for (const name of ['smoothout', 'adasmoothout', 'smoothout-deterministic']) {
      const spec = tinySpec({ methods: [{ name, noise: { parameters: 'withoutBatchNorm' } }] });
      const { model } = await buildLearner(spec, source);
      const { u } = (await drawOf({ name, noise: { parameters: 'withoutBatchNorm' } }))();
      for (const { role, offset, size } of model.layout.parameters) {
        const still = u!.subarray(offset, offset + size).every((value) => value === 0);
        expect(still).toBe(role.startsWith('batchNorm'));
      }
    }
  });
});

describe('dropout', async () => {
  const draw = await drawOf(
    { name: 'smoothout-deterministic', copies: 2 },
    { model: 'c1', hidden: null, dataset: 'cifar10' },
  );

  test('has a number in (0, 1) for every unit of every image', () => {
    const { dropout } = draw(place(), pass(), 7);
    expect(dropout).toHaveLength(7 * (384 + 192));
    expect(Math.min(...dropout!)).toBeGreaterThan(0);
    expect(Math.max(...dropout!)).toBeLessThan(1);
    const mean = dropout!.reduce((sum, value) => sum + value, 0) / dropout!.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * dropout!.length));
  });

  test('differs between steps, epochs and ghost batches, but not between copies, which see the same batch', () => {
    const usual = String(draw().dropout);
    expect(String(draw(place(), pass({ copy: 1 })).dropout)).toBe(usual);
    for (const other of [draw(place({ step: 1 })), draw(place({ epoch: 1 })), draw(place(), pass({ ghostBatch: 1 }))]) {
      expect(String(other.dropout)).not.toBe(usual);
    }
  });
});
