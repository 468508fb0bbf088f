import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseSharpnessRecord } from '../records/sharpness-record.js';
import {
  addMeasurement,
  alreadyMeasured,
  conventionOf,
  DEFAULT_SETTINGS,
  readMeasurements,
  recordPath,
  type SharpnessSettings,
  type StoredMeasurement,
  withConvention,
} from './record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-sharpness-'));
});

function measurement(changes: Partial<SharpnessSettings> = {}, value = 1): StoredMeasurement {
  const { repeats: _, ...settings } = { ...DEFAULT_SETTINGS, ...changes };
  return {
    ...settings,
    convention: conventionOf({ ...settings }),
    images: settings.images ?? 100,
    batchSize: settings.batchSize ?? 50,
    repeats: [value, value / 2],
    value,
    repeatsRun: 2,
    loss: 0.5,
    status: ['converged', 'iteration-limit'],
    evaluations: [5, 11],
    seconds: 1,
    splitImages: 100,
    check: null,
    ...{ engine: 'onnx', device: 'cpu' },
  };
}

const identity = (name = 'best.safetensors', sha256 = 'a'.repeat(64)) => ({
  path: join(folder, name),
  epoch: 7,
  sha256,
});
const values = async (path: string, of = identity()) => (await readMeasurements(path, of)).map(({ value }) => value);

describe('sharpness.json', () => {
  test('is what the report reads, and what was put in', async () => {
    const path = await recordPath(identity().path);
    expect(path).toBe(join(folder, 'sharpness.json'));
    await addMeasurement(path, identity(), measurement());
    const record = parseSharpnessRecord(await readFile(path, 'utf8'));
    expect(record).toMatchObject({ checkpoint: 'best.safetensors', epoch: 7 });
    expect(record.measurements).toMatchObject([{ convention: 'defined', value: 1, repeats: [1, 0.5] }]);
    expect(await readMeasurements(path, identity())).toEqual([measurement()]);
  });

  test('keeps one measurement of each convention and setting, the newest', async () => {
    const path = await recordPath(identity().path);
    const keskar = withConvention(DEFAULT_SETTINGS, 'keskar');
    for (const added of [
      measurement({}, 1),
      measurement(keskar, 2),
      measurement({ split: 'test' }, 3),
      measurement({ split: 'test', epsilon: 1e-3 }, 4),
      measurement({ images: 60 }, 5),
      measurement({ split: 'test' }, 6),
    ]) {
      await addMeasurement(path, identity(), added);
    }
    expect(await values(path)).toEqual([2, 4, 5, 6]);
  });

  test('forgets a checkpoint that has changed', async () => {
    const path = await recordPath(identity().path);
    await addMeasurement(path, identity(), measurement({}, 1));
    const changed = identity('best.safetensors', 'b'.repeat(64));
    expect(await values(path, changed)).toEqual([]);
    await addMeasurement(path, changed, measurement({ split: 'test' }, 2));
    expect(await values(path, changed)).toEqual([2]);
  });

  test('belongs to best.safetensors where there is one, else to the first measured', async () => {
    const last = identity('last.safetensors').path;
    expect(await recordPath(last)).toBe(join(folder, 'sharpness.json'));
    await addMeasurement(await recordPath(last), identity('last.safetensors'), measurement());
    expect(await recordPath(last)).toBe(join(folder, 'sharpness.json'));
    expect(await recordPath(identity('other.safetensors').path)).toBe(join(folder, 'other-sharpness.json'));
    await writeFile(identity().path, '');
    expect(await recordPath(last)).toBe(join(folder, 'last-sharpness.json'));
    expect(await recordPath(identity().path)).toBe(join(folder, 'sharpness.json'));
  });

  test('damaged, it is left alone and named', async () => {
    const path = join(folder, 'sharpness.json');
    await writeFile(path, '{"version": 1');
    await expect(addMeasurement(path, identity(), measurement())).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toBe('{"version": 1');
    expect(await readdir(folder)).toEqual(['sharpness.json']);
  });
});

test('a measurement need not be made again if only what it cannot depend on differs', () => {
  const settings = { ...DEFAULT_SETTINGS, images: 100, batchSize: 50, repeats: 2 };
  const before = [measurement()];
  expect(alreadyMeasured(before, settings, false)).toBe(before[0]);
  for (const other of [{ images: 60 }, { batchSize: 20 }, { repeats: 5 }, { epsilon: 1e-3 }, { seed: 2 }]) {
    expect(alreadyMeasured(before, { ...settings, ...other }, false)).toBeUndefined();
  }
  expect(alreadyMeasured(before, settings, true)).toBeUndefined();
});

describe('conventions', () => {
  test('the default is the metric as defined', () => {
    expect(conventionOf(DEFAULT_SETTINGS)).toBe('defined');
  });

  test.each(['defined', 'keskar', 'reference'] as const)('%s', (convention) => {
    const settings = withConvention({ ...DEFAULT_SETTINGS, images: 1000, batchSize: 500, repeats: 1 }, convention);
    expect(conventionOf(settings)).toBe(convention);
    expect(settings.images).toBe(1000);
  });

  test.each<Partial<SharpnessSettings>>([
    { split: 'test' },
    { batchNorm: 'batch', split: 'test' },
    { gradient: 'reference' },
    { epsilon: 1e-3 },
    { start: 'random' },
    { maxIterations: 20 },
    { manifold: 100 },
  ])('%j is none of them', (changes) => {
    expect(conventionOf({ ...DEFAULT_SETTINGS, ...changes })).toBe('custom');
  });
});
