import { beforeAll, describe, expect, test } from 'vitest';
import { minimize } from '../lbfgsb/minimize.js';
import { negated } from '../lbfgsb/problem.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { type MeasureRequest, measurePerturbation, passesOf, resolveMeasure } from './perturbation-measures.js';
import { createSplitLoss } from './split-loss.js';
import { type TrainedNetwork, trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf } from './testing/session.js';

let network: TrainedNetwork;
let session: Session;
let checkpoint: CheckpointFile;
beforeAll(async () => {
  network = await trainSmallNetwork(4);
  session = sessionOf(network);
  checkpoint = checkpointOf(network, 'somewhere/best.safetensors');
});

const REQUEST: MeasureRequest = {
  ...{
    measure: 'worst',
    norm: 'linf',
    adaptive: false,
    logits: 'plain',
    split: 'train',
    batchNorm: 'running',
    seed: 1,
  },
  ...{ radius: null, m: null, steps: null, images: null, batchSize: null },
};
const measure = (changes: Partial<MeasureRequest>, of = checkpoint) =>
  measurePerturbation(session, of, resolveMeasure({ ...REQUEST, ...changes }, of));

/** The checkpoint with its first layer (weights and bias) or its last times `factor`. */
function rescaled(layer: 'first' | 'last', factor: number): CheckpointFile {
  const parameters = checkpoint.weights.parameters.slice();
  const slots = checkpoint.model.layout.parameters;
  for (const { offset, size } of layer === 'first' ? slots.slice(0, 2) : slots.slice(-2)) {
    for (let i = offset; i < offset + size; i++) parameters[i]! *= factor;
  }
  return { ...checkpoint, weights: { ...checkpoint.weights, parameters } };
}

describe('the worst case', () => {
  test('is at least what L-BFGS-B finds in the same box, within a hundredth', async () => {
    const { w, objective } = network;
    const radius = 0.002;
    const { value, loss } = await measure({ radius, m: 400, steps: 100 });
    const split = createSplitLoss(objective);
    const { f } = await minimize(negated(split.evaluate), w, {
      lower: w.map((wi) => wi - radius),
      upper: w.map((wi) => wi + radius),
      maxIterations: 100,
    });
    await split.dispose();
    expect(value / (-f - loss)).toBeGreaterThan(0.99);
  });

  test('over sets of m images is larger than over all together, and grows with the radius', async () => {
    const [all, parts, wide] = [await measure({ m: 400 }), await measure({ m: 50 }), await measure({ radius: 0.001 })];
    expect([all.m, all.images, all.standardError]).toEqual([400, 400, null]);
    expect([parts.m, parts.images, parts.evaluations]).toEqual([50, 400, 8 * 21]);
    expect(parts.value).toBeGreaterThan(all.value);
    expect(parts.standardError).toBeGreaterThan(0);
    expect(parts.loss).toBeCloseTo(all.loss, 6);
    expect(wide.value).toBeGreaterThan((await measure({})).value);
  });

  test('images left over from sets of m are not used', async () => {
    const settings = resolveMeasure({ ...REQUEST, m: 150 }, checkpoint);
    expect(settings).toMatchObject({ images: 300, splitImages: 400, m: 150, radius: 0.0005, steps: 20 });
    expect(passesOf(settings)).toBe(42);
  });
});

describe('adaptive measures do not change where rescaling leaves the network as it is', () => {
  // Batch normalisation takes the scale of the layer before it out again.
  const changed = [
    { measure: 'worst', norm: 'l2', radius: 0.2 },
    { measure: 'worst', norm: 'linf', radius: 0.01 },
    { measure: 'average', norm: 'l2', radius: 0.2 },
    { measure: 'average', norm: 'linf', radius: 0.4 },
  ] as const;
  test.each(changed)('$measure, $norm', async (changes) => {
    const settings = { ...changes, m: 200, batchNorm: 'batch' } as const;
    const other = rescaled('first', 3);
    const adaptive = { ...settings, adaptive: true } as const;
    expect((await measure(adaptive, other)).value / (await measure(adaptive)).value).toBeCloseTo(1, 2);
    expect(Math.abs((await measure(settings, other)).value / (await measure(settings)).value - 1)).toBeGreaterThan(0.1);
  });

  test('with normalised logits, of the last layer either', async () => {
    const settings = { radius: 0.01, m: 200, adaptive: true } as const;
    const ratio = async (logits: 'plain' | 'normalised') =>
      (await measure({ ...settings, logits }, rescaled('last', 3))).value /
      (await measure({ ...settings, logits })).value;
    expect(await ratio('normalised')).toBeCloseTo(1, 2);
    expect(Math.abs((await ratio('plain')) - 1)).toBeGreaterThan(0.1);
  });
});

describe('averages', () => {
  test('LPF’s is the loss plus the plain average over all images', async () => {
    const settings = { norm: 'l2', radius: 0.03, m: 400, steps: 10 } as const;
    const average = await measure({ ...settings, measure: 'average' });
    const lpf = await measure({ ...settings, measure: 'lpf' });
    expect(lpf.value).toBeCloseTo(average.value + average.loss, 9);
    expect(lpf.value).toBeGreaterThan(lpf.loss);
  });

  test('have the standard error that other seeds show', async () => {
    const values: number[] = [];
    let claimed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const one = await measure({ measure: 'average', norm: 'l2', radius: 0.03, m: 400, steps: 8, seed });
      values.push(one.value);
      claimed += Number(one.standardError) / 12;
    }
    const mean = values.reduce((sum, value) => sum + value, 0) / 12;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 11);
    expect(spread / claimed).toBeGreaterThan(0.5);
    expect(spread / claimed).toBeLessThan(2);
  });

  test('where the loss is no number, the radius is named', async () => {
    await expect(measure({ measure: 'average', norm: 'l2', radius: 1e30 })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('within 1e+30'),
    });
  });
});
