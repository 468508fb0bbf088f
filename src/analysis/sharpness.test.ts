import { beforeAll, describe, expect, test } from 'vitest';
import { withConvention } from '../records/sharpness-conventions.js';
import { parseSharpnessRecord } from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import type { MeasureStep } from './measure-checkpoint.js';
import { DEFAULT_SETTINGS, measureSharpness, type SharpnessSettings } from './sharpness.js';
import { trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf } from './testing/session.js';

let session: Session;
let checkpoint: CheckpointFile;
beforeAll(async () => {
  const network = await trainSmallNetwork(4);
  session = sessionOf(network);
  checkpoint = checkpointOf(network, 'somewhere/best.safetensors');
});

const measure = (changes: Partial<SharpnessSettings> = {}, check = false) =>
  measureSharpness(session, checkpoint, { ...DEFAULT_SETTINGS, ...changes, check });

describe('a measurement', () => {
  test('from the minimiser is run once and stands for every repeat', async () => {
    const { repeats, repeatsRun, value, status, evaluations, convention, images, batchSize } = await measure();
    expect({ convention, images, batchSize, repeatsRun }).toEqual({
      ...{ convention: 'defined', images: 400, batchSize: 400, repeatsRun: 1 },
    });
    expect(repeats).toEqual([value, value, value, value, value]);
    expect([status.length, evaluations.length]).toEqual([5, 5]);
    // It is: a second one gives the same to the last bit.
    expect((await measure({ repeats: 1 })).repeats).toEqual([value]);
  });

  test('from random points differs from repeat to repeat, and the largest counts', async () => {
    const { repeats, repeatsRun, value, convention } = await measure({ start: 'random', repeats: 3 });
    expect({ convention, repeatsRun }).toEqual({ convention: 'custom', repeatsRun: 3 });
    expect(new Set(repeats).size).toBe(3);
    expect(value).toBe(Math.max(...repeats));
    const fromCenter = await measure();
    for (const repeat of repeats) expect(repeat / fromCenter.value).toBeGreaterThan(0.5);
  });

  test('in random subspaces is smaller, and differs from one to the next', async () => {
    const { repeats, value, manifold } = await measure({ manifold: 5, repeats: 3 });
    expect(manifold).toBe(5);
    expect(new Set(repeats).size).toBe(3);
    expect(Math.min(...repeats)).toBeGreaterThan(0);
    expect(value).toBeLessThan((await measure()).value);
  });

  test('of every convention is one that the report takes', async () => {
    const measurements = [];
    for (const convention of ['defined', 'keskar', 'reference'] as const) {
      measurements.push(await measure(withConvention(DEFAULT_SETTINGS, convention)));
    }
    const text = JSON.stringify({
      version: 1,
      checkpoint: 'best.safetensors',
      epoch: 3,
      checkpointSha256: '',
      measurements,
    });
    expect(parseSharpnessRecord(text).measurements.map(({ convention }) => convention)).toEqual([
      'defined',
      'keskar',
      'reference',
    ]);
    expect(measurements[1]!.loss).not.toBe(measurements[0]!.loss);
    expect(Math.abs(measurements[2]!.value)).toBeLessThan(measurements[0]!.value / 100);
  });

  test('second opinions: ascent reaches as high within a tenth, and the loss curves upwards', async () => {
    const { value, check } = await measure({}, true);
    const { projectedAscent, largestEigenvalue } = check!;
    const ascent = Number(projectedAscent.value);
    expect(ascent / value).toBeGreaterThan(0.9);
    expect(ascent / value).toBeLessThan(1.1);
    expect(ascent).toBe(Math.max(...projectedAscent.starts.map(Number)));
    expect(largestEigenvalue.value).toBeGreaterThan(0);
    expect(largestEigenvalue.residual).toBeLessThan(Number(largestEigenvalue.value));
  });

  test.each([{ batchSize: 1, images: 40 }, { batchSize: 13, images: 40 }, { images: 1 }])(
    'with statistics of a batch of one is refused: %j',
    async (sizes) => {
      await expect(measure({ batchNorm: 'batch', ...sizes })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('leave a batch of one'),
      });
      expect((await measure({ batchNorm: 'running', ...sizes, maxIterations: 1 })).images).toBe(sizes.images);
    },
  );

  test('reports its progress: evaluations counted, the best never falls', async () => {
    const seen: MeasureStep[] = [];
    const settings = { ...DEFAULT_SETTINGS, batchSize: 200, check: false };
    const { value, evaluations } = await measureSharpness(session, checkpoint, settings, (step) => seen.push(step));
    const count = evaluations[0]!;
    expect(seen.at(-1)).toEqual({ doing: `iteration 10/10, evaluation ${count + 1} 0%`, done: 1, best: value });
    expect(seen.filter(({ doing }) => doing.endsWith(' 50%'))).toHaveLength(count);
    const best = seen.map((step) => step.best ?? 0);
    expect(best).toEqual([...best].sort((a, b) => a - b));
  });

  test('on the first images of the other split', async () => {
    const { images, splitImages, split } = await measure({ split: 'test', images: 150 });
    expect({ images, splitImages, split }).toEqual({ images: 150, splitImages: 400, split: 'test' });
  });
});

test('a checkpoint whose loss is not a number is refused', async () => {
  const statistics = checkpoint.weights.statistics.map(() => -1);
  const broken = { ...checkpoint, weights: { ...checkpoint.weights, statistics } };
  await expect(measureSharpness(session, broken, { ...DEFAULT_SETTINGS, check: false })).rejects.toMatchObject({
    code: 'CHECKPOINT_INVALID',
    message: 'somewhere/best.safetensors: its loss is NaN',
  });
});

test('a subspace of more dimensions than there are weights is refused', async () => {
  await expect(measure({ manifold: 20_000 })).rejects.toMatchObject({
    code: 'USAGE',
    message: '--manifold 20000: the network has only 12762 parameters',
  });
});
