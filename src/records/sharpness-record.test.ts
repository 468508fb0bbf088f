import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkWritable } from './measured-on.js';
import { type ConventionSettings, conventionOf, NAMED_CONVENTIONS } from './sharpness-conventions.js';
import {
  answersSharpness,
  parseSharpnessRecord,
  type SharpnessMeasurement,
  type SharpnessRecord,
  sharpnessFile,
  sharpnessPath,
} from './sharpness-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-sharpness-'));
});

interface Settings extends ConventionSettings {
  readonly images: number;
  readonly batchSize: number;
  readonly seed: number;
}

const SETTINGS: Settings = { ...NAMED_CONVENTIONS.defined, images: 2000, batchSize: 500, seed: 1 };

function measurement(changes: Partial<Settings> = {}, value = 1): SharpnessMeasurement {
  const settings = { ...SETTINGS, splitImages: 60_000, ...changes };
  return {
    ...settings,
    convention: conventionOf(settings),
    repeats: [value, value / 2],
    value,
    repeatsRun: 2,
    loss: 0.5,
    status: ['converged', 'iteration-limit'],
    evaluations: [5, 11],
    seconds: 1,
    check: null,
    ...{ engine: 'onnx', device: 'cpu' },
  };
}

const identity = (name = 'best.safetensors', sha256 = 'a'.repeat(64)) => ({
  path: join(folder, name),
  epoch: 7,
  sha256,
});
const values = async (path: string, of = identity()) =>
  (await sharpnessFile.readOf(path, of)).measurements.map(({ value }) => value);

describe('sharpness.json', () => {
  test('is what the report reads, and what was put in', async () => {
    const path = await sharpnessPath(identity().path);
    expect(path).toBe(join(folder, 'sharpness.json'));
    await sharpnessFile.add(path, identity(), 'measurements', measurement());
    const record = parseSharpnessRecord(await readFile(path, 'utf8'));
    expect(record).toMatchObject({ checkpoint: 'best.safetensors', epoch: 7 });
    expect(record.measurements).toMatchObject([{ convention: 'defined', value: 1, repeats: [1, 0.5] }]);
    expect((await sharpnessFile.readOf(path, identity())).measurements).toEqual([measurement()]);
  });

  test('keeps one measurement of each convention and setting, the newest', async () => {
    const path = await sharpnessPath(identity().path);
    for (const added of [
      measurement({}, 1),
      measurement({ ...NAMED_CONVENTIONS.keskar, batchSize: 500 }, 2),
      measurement({ split: 'test' }, 3),
      measurement({ split: 'test', epsilon: 1e-3 }, 4),
      measurement({ images: 1000 }, 5),
      measurement({ split: 'test' }, 6),
    ]) {
      await sharpnessFile.add(path, identity(), 'measurements', added);
    }
    expect(await values(path)).toEqual([2, 4, 5, 6]);
  });

  test('forgets a checkpoint that has changed', async () => {
    const path = await sharpnessPath(identity().path);
    await sharpnessFile.add(path, identity(), 'measurements', measurement({}, 1));
    const changed = identity('best.safetensors', 'b'.repeat(64));
    expect(await values(path, changed)).toEqual([]);
    await sharpnessFile.add(path, changed, 'measurements', measurement({ split: 'test' }, 2));
    expect(await values(path, changed)).toEqual([2]);
  });

  test('belongs to best.safetensors where there is one, else to the first measured', async () => {
    const last = identity('last.safetensors').path;
    expect(await sharpnessPath(last)).toBe(join(folder, 'sharpness.json'));
    await sharpnessFile.add(await sharpnessPath(last), identity('last.safetensors'), 'measurements', measurement());
    expect(await sharpnessPath(last)).toBe(join(folder, 'sharpness.json'));
    expect(await sharpnessPath(identity('other.safetensors').path)).toBe(join(folder, 'other-sharpness.json'));
    await writeFile(identity().path, '');
    expect(await sharpnessPath(last)).toBe(join(folder, 'last-sharpness.json'));
    expect(await sharpnessPath(identity().path)).toBe(join(folder, 'sharpness.json'));
  });

  test('damaged, it is left alone and named', async () => {
    const path = join(folder, 'sharpness.json');
    await writeFile(path, '{"version": 1');
    await expect(sharpnessFile.add(path, identity(), 'measurements', measurement())).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toBe('{"version": 1');
    expect(await readdir(folder)).toEqual(['sharpness.json']);
  });
});

test('a measurement need not be made again if only what it cannot depend on differs', () => {
  const asked = { ...SETTINGS, repeats: 2, check: false };
  expect(answersSharpness(measurement(), asked)).toBe(true);
  for (const other of [{ images: 60 }, { batchSize: 20 }, { repeats: 5 }, { epsilon: 1e-3 }, { seed: 2 }]) {
    expect(answersSharpness(measurement(), { ...asked, ...other })).toBe(false);
  }
  expect(answersSharpness(measurement(), { ...asked, check: true })).toBe(false);
});

test('a folder that cannot be written to is found out before the measurement', async () => {
  const path = join(folder, 'nowhere', 'sharpness.json');
  await expect(checkWritable(path)).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
    message: expect.stringContaining(join(folder, 'nowhere')),
    hint: expect.stringContaining('beside the checkpoint'),
  });
  await checkWritable(join(folder, 'sharpness.json'));
  expect(await readdir(folder)).toEqual([]);
});

test('measurements that end at the same time are all kept', async () => {
  const path = await sharpnessPath(identity().path);
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const all = seeds.map((seed) => measurement({ split: 'test', seed }, seed));
  await Promise.all(all.map((each) => sharpnessFile.add(path, identity(), 'measurements', each)));
  expect((await values(path)).sort()).toEqual(seeds);
  expect(await readdir(folder)).toEqual(['sharpness.json']);
});

const defined = measurement({}, 4.25);
const keskar = measurement({ ...NAMED_CONVENTIONS.keskar, batchSize: 500 });
const record: SharpnessRecord = {
  version: 1,
  checkpoint: 'best.safetensors',
  epoch: 25,
  checkpointSha256: 'a'.repeat(64),
  measurements: [defined, keskar],
  perturbations: [],
};
const parse = (value: unknown): SharpnessRecord => parseSharpnessRecord(JSON.stringify(value));

test('what is written is what is read', () => {
  expect(parse(record)).toEqual(record);
});

test('one on too few images is not called by the name of a convention, whoever called it so', () => {
  const few = { ...keskar, images: 1, batchSize: 1 };
  expect(parse({ ...record, measurements: [defined, few] }).measurements).toEqual([
    defined,
    { ...few, convention: 'custom' },
  ]);
});

test('the epoch may be absent', () => {
  const { epoch: _, ...rest } = record;
  expect(parse(rest).epoch).toBeNull();
});

describe('refuses, saying why', () => {
  test.each<[string, unknown, RegExp]>([
    ['another version', { ...record, version: 2 }, /version 2, where this program reads version 1/],
    ['no version', [], /no version in it/],
    ['null', null, /no version in it/],
    ['a missing field', { ...record, measurements: [{ ...defined, loss: undefined }] }, /measurements\.0\.loss/],
    [
      'a value that is not the maximum',
      { ...record, measurements: [{ ...defined, value: 4 }] },
      /largest of its repeats/,
    ],
    [
      'a convention with another batch norm',
      { ...record, measurements: [{ ...defined, batchNorm: 'batch' }] },
      /batchNorm is batch, where "defined" means running/,
    ],
    [
      'a convention with another ε',
      { ...record, measurements: [{ ...keskar, epsilon: 1e-3 }] },
      /epsilon is 0\.001, where "keskar" means 0\.0005/,
    ],
    [
      'a convention from a random start',
      { ...record, measurements: [{ ...defined, start: 'random' }] },
      /start is random, where "defined" means center/,
    ],
    ['a convention twice', { ...record, measurements: [defined, defined] }, /"defined" is measured twice/],
    ['an infinite value (null in JSON)', { ...record, measurements: [{ ...defined, value: Infinity }] }, /value/],
  ])('%s', (_, value, reason) => {
    expect(() => parse(value)).toThrow(reason);
  });

  test('garbage', () => {
    expect(() => parseSharpnessRecord('{"version": 1,')).toThrow(SyntaxError);
  });
});
