import { beforeAll, describe, expect, test } from 'vitest';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { negated } from '../lbfgsb/problem.js';
import { hasSciPy, minimizeWithSciPy } from '../lbfgsb/testing/scipy.js';
import { normal, uniform } from '../support/random.js';
import { fullSpace, type MaximumOptions, measureOnce, relativeIncrease } from './keskar.js';
import { createSplitLoss } from './split-loss.js';
import { type TrainedNetwork, trainSmallNetwork } from './testing/network.js';

const USUAL: MaximumOptions = { maxIterations: 10, start: 'center', seed: 1, repeat: 0, gradient: 'exact' };

/** f(z) = ½ Σ cᵢ (zᵢ − tᵢ)² + 0.1, and w at `distance` from its minimiser in units of the box. */
function quadratic(n: number, curvature: number, distance: number, epsilon: number) {
  const w = Float64Array.from(normal({ seed: 1, purpose: 'test' }, n, 0.05));
  const c = Float64Array.from(uniform({ seed: 2, purpose: 'test' }, n, 0.5, 1.5), (ci) => ci * curvature);
  const away = uniform({ seed: 3, purpose: 'test' }, n, -distance, distance);
  const target = w.map((wi, i) => wi - away[i]! * epsilon * (Math.abs(wi) + 1));
  const value = (z: Float64Array): number => z.reduce((sum, zi, i) => sum + 0.5 * c[i]! * (zi - target[i]!) ** 2, 0.1);
  const objective: ObjectiveFunction = async (z, gradient) => {
    for (let i = 0; i < n; i++) gradient[i] = c[i]! * (z[i]! - target[i]!);
    return value(z);
  };
  return { w, objective, value, target };
}

describe('on a separable quadratic', () => {
  test.each([
    [5e-4, 20, 3],
    [5e-4, 1e4, 0.3],
    [1e-3, 100, 0.01],
    [0.05, 10, 1],
  ])('ε %f, curvature %f: the closed form, at a corner of the box', async (epsilon, curvature, distance) => {
    const { w, objective, value, target } = quadratic(2000, curvature, distance, epsilon);
    // Each variable's farthest point from the minimiser.
    const corner = w.map((wi, i) => wi + (wi < target[i]! ? -1 : 1) * epsilon * (Math.abs(wi) + 1));
    const f = value(w);
    const { sharpness, loss, status } = await measureOnce(fullSpace(objective, w, epsilon), USUAL);
    expect(loss).toBe(f);
    expect(sharpness / ((100 * (value(corner) - f)) / (1 + f))).toBeCloseTo(1, 9);
    expect(status).toBe('converged');
  });

  test('a random start ends at the same corner where the gradient has one sign in the whole box', async () => {
    const { w, objective } = quadratic(500, 1, 3, 5e-4);
    const shifted: ObjectiveFunction = async (z, gradient) => {
      const f = await objective(z, gradient);
      for (let i = 0; i < z.length; i++) gradient[i]! += 1;
      return f + z.reduce((sum, zi) => sum + zi, 50);
    };
    const space = fullSpace(shifted, w, 5e-4);
    const fromCenter = await measureOnce(space, USUAL);
    for (const repeat of [0, 1]) {
      const fromElsewhere = await measureOnce(space, { ...USUAL, start: 'random', repeat });
      expect(fromElsewhere.sharpness / fromCenter.sharpness).toBeCloseTo(1, 9);
      expect(fromElsewhere.loss).toBe(fromCenter.loss);
    }
  });

  test('random starts differ by repeat and seed, and lie in the box', async () => {
    const { w, objective } = quadratic(50, 1, 3, 5e-4);
    const space = fullSpace(objective, w, 5e-4);
    const starts: string[] = [];
    for (const [seed, repeat] of [
      [1, 0],
      [1, 1],
      [2, 0],
      [1, 0],
    ] as const) {
      const seen: Float64Array[] = [];
      const watched: ObjectiveFunction = (z, gradient) => {
        seen.push(Float64Array.from(z));
        return objective(z, gradient);
      };
      await measureOnce({ ...space, objective: watched }, { ...USUAL, start: 'random', seed, repeat });
      expect(seen[0]).toEqual(w);
      for (const [i, zi] of seen[1]!.entries()) {
        expect(zi).toBeGreaterThanOrEqual(space.box.lower[i]!);
        expect(zi).toBeLessThanOrEqual(space.box.upper[i]!);
      }
      starts.push(seen[1]!.join());
    }
    expect(new Set(starts).size).toBe(3);
    expect(starts[3]).toBe(starts[0]);
  });

  test('the reference’s gradient fails where the minimum is flat, and nearly finds the maximum where it is sharp', async () => {
    const reference = { ...USUAL, gradient: 'reference' } as const;
    const flat = quadratic(2000, 1, 40, 5e-4);
    const flatExact = await measureOnce(fullSpace(flat.objective, flat.w, 5e-4), USUAL);
    expect(flatExact.sharpness).toBeGreaterThan(0.1);
    expect(await measureOnce(fullSpace(flat.objective, flat.w, 5e-4), reference)).toMatchObject({
      sharpness: 0,
      status: 'abnormal-line-search',
    });
    const sharp = quadratic(2000, 1e4, 0.1, 5e-4);
    const sharpExact = await measureOnce(fullSpace(sharp.objective, sharp.w, 5e-4), USUAL);
    const { sharpness } = await measureOnce(fullSpace(sharp.objective, sharp.w, 5e-4), reference);
    expect(sharpness / sharpExact.sharpness).toBeGreaterThan(0.5);
  });
});

test('100·(max f − f)/(1 + f)', () => {
  expect(relativeIncrease(3, 1)).toBe(100);
  expect(relativeIncrease(0.5, 0.5)).toBe(0);
});

describe('of a small network', () => {
  let network: TrainedNetwork;
  beforeAll(async () => {
    network = await trainSmallNetwork(5);
  });
  const spaceOf = (changes: Partial<TrainedNetwork['objective']> = {}) =>
    fullSpace(createSplitLoss({ ...network.objective, ...changes }).evaluate, network.w, 5e-4);

  test.runIf(hasSciPy())('SciPy finds the same maximum on the same objective', async () => {
    for (const batchNorm of ['running', 'batch'] as const) {
      const space = spaceOf({ batchNorm });
      const ours = await measureOnce(space, USUAL);
      const { f } = await minimizeWithSciPy(negated(space.objective), network.w, space.box, 10);
      expect(ours.sharpness).toBeGreaterThan(0.01);
      expect(ours.sharpness / relativeIncrease(-f, ours.loss)).toBeCloseTo(1, 3);
    }
  });

  test.runIf(hasSciPy())('SciPy fails in the same way with the reference’s gradient', async () => {
    const space = spaceOf();
    const wrong: ObjectiveFunction = async (z, gradient) => -(await space.objective(z, gradient));
    const { f, evaluations } = await minimizeWithSciPy(wrong, network.w, space.box, 10);
    const ours = await measureOnce(space, { ...USUAL, gradient: 'reference' });
    expect(relativeIncrease(-f, ours.loss)).toBeCloseTo(ours.sharpness, 6);
    expect(ours.sharpness).toBeCloseTo(0, 3);
    expect(evaluations).toBe(ours.evaluations);
  });

  test('after one iteration: the projected gradient step from w, where its line search takes the whole step', async () => {
    const { objective, box } = spaceOf();
    const gradient = new Float64Array(network.w.length);
    const f = await objective(network.w, gradient);
    const step = network.w.map((wi, i) => Math.min(Math.max(wi + gradient[i]!, box.lower[i]!), box.upper[i]!));
    const increase = (100 * ((await objective(step, new Float64Array(step.length))) - f)) / (1 + f);
    const { sharpness, evaluations } = await measureOnce(spaceOf(), { ...USUAL, maxIterations: 1 });
    expect(evaluations).toBe(2);
    expect(sharpness).toBe(increase);
    expect(sharpness).toBeGreaterThan(0);
  });

  test('the reference’s gradient gives 0 where the metric as defined does not', async () => {
    const { sharpness } = await measureOnce(spaceOf(), { ...USUAL, gradient: 'reference' });
    expect(Math.abs(sharpness)).toBeLessThan(1e-3);
    expect((await measureOnce(spaceOf(), USUAL)).sharpness).toBeGreaterThan(0.05);
  });

  test('does not depend on the size of the batches with running statistics, and does with theirs', async () => {
    const of = async (changes: object) => (await measureOnce(spaceOf(changes), USUAL)).sharpness;
    expect((await of({ batchSize: 400 })) / (await of({ batchSize: 150 }))).toBeCloseTo(1, 3);
    const whole = await of({ batchNorm: 'batch', batchSize: 400 });
    expect(Math.abs((await of({ batchNorm: 'batch', batchSize: 40 })) / whole - 1)).toBeGreaterThan(0.01);
  });

  test('does not depend on the order of hidden units', async () => {
    const { model, w, weights } = network;
    const permuted = { w: Float64Array.from(w), statistics: Float32Array.from(weights.statistics) };
    const [hidden] = model.layout.parameters;
    const units = hidden!.shape[0]!;
    // Unit i takes the place of unit units − 1 − i, in every tensor that has them.
    for (const { shape, offset, size } of model.layout.parameters) {
      for (let i = 0; i < size; i++) {
        const column = shape.length === 2 ? shape[1]! : 1;
        const [row, at] = [Math.floor(i / column), i % column];
        const isOutput = shape.length === 2 && shape[1] === units;
        if (shape[0] !== units && !isOutput) continue;
        const from = isOutput ? row * column + (units - 1 - at) : (units - 1 - row) * column + at;
        permuted.w[offset + i] = w[offset + from]!;
      }
    }
    for (const { offset, size } of model.layout.statistics) {
      permuted.statistics.set(weights.statistics.slice(offset, offset + size).reverse(), offset);
    }
    const { evaluate } = createSplitLoss({ ...network.objective, statistics: permuted.statistics });
    const other = await measureOnce(fullSpace(evaluate, permuted.w, 5e-4), USUAL);
    const usual = await measureOnce(spaceOf(), USUAL);
    expect(other.loss / usual.loss).toBeCloseTo(1, 5);
    expect(other.sharpness / usual.sharpness).toBeCloseTo(1, 3);
  });
});
