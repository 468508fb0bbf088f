import { describe, expect, test } from 'vitest';
import { parseSharpnessRecord, type SharpnessMeasurement, type SharpnessRecord } from './sharpness-record.js';

const defined: SharpnessMeasurement = {
  convention: 'defined',
  split: 'train',
  batchNorm: 'running',
  gradient: 'exact',
  epsilon: 5e-4,
  start: 'center',
  maxIterations: 10,
  images: 60000,
  repeats: [3.5, 4.25],
  value: 4.25,
  loss: 0.01,
  status: ['iteration-limit', 'iteration-limit'],
  evaluations: [12, 13],
  seconds: 8.5,
};
const keskar: SharpnessMeasurement = { ...defined, convention: 'keskar', batchNorm: 'batch', repeats: [1], value: 1 };
const record: SharpnessRecord = {
  version: 1,
  checkpoint: 'best.safetensors',
  epoch: 25,
  measurements: [defined, keskar],
};
const parse = (value: unknown): SharpnessRecord => parseSharpnessRecord(JSON.stringify(value));

test('what is written is what is read', () => {
  expect(parse(record)).toEqual(record);
});

test('the epoch may be absent', () => {
  const { epoch: _, ...rest } = record;
  expect(parse(rest).epoch).toBeNull();
});

describe('refuses, saying why', () => {
  test.each<[string, unknown, RegExp]>([
    ['another version', { ...record, version: 2 }, /version 2, where this program reads version 1/],
    ['no version', [], /version undefined/],
    ['null', null, /version undefined/],
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
