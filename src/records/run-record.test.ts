import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type RunRecord, readRunRecord, writeRunRecord } from './run-record.js';

let output: string;
beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'smoothout-record-'));
});

const RECORD: RunRecord = {
  version: 1,
  experiment: 'f1-sb',
  method: 'baseline',
  seed: 1,
  status: 'running',
  startedAt: '2024-01-01T00:00:00.000Z',
  finishedAt: null,
  epochs: 3,
  epochsDone: 1,
  bestEpoch: 1,
  bestAccuracy: 97.5,
  finalAccuracy: 97.5,
  validation: 'test',
  imagesPerSecond: 13_000,
  seconds: 4.5,
  parameters: 1_462_794,
  engine: 'onnx',
  device: 'cpu',
  configHash: 'abc',
  gitCommit: null,
  versions: { node: '20.0.0', tfjs: null },
  dataset: 'mnist',
  data: { synthetic: true, trainImages: 12_000, validationImages: 2_000, digests: {} },
  error: null,
};

describe('run.json', () => {
  const path = () => join(output, 'run.json');

  test('is read as it was written', async () => {
    await writeRunRecord(path(), RECORD);
    expect(await readRunRecord(path())).toEqual(RECORD);
  });

  test.each([
    ['{"version": 2}', /run\.json: version 2, where this program reads version 1/],
    ['{}', /run\.json: no version in it, where/],
    ['3', /run\.json: no version in it, where/],
    ['{"version": 1', /not valid JSON/],
    [
      JSON.stringify({ ...RECORD, status: 'done' }),
      /run\.json: status: expected one of running, .*interrupted, got "done"$/,
    ],
    [JSON.stringify({ ...RECORD, bestAccuracy: 101 }), /run\.json: bestAccuracy: expected at most 100, got 101$/],
  ])('that says %s is refused', async (text, message) => {
    await writeFile(path(), text);
    await expect(readRunRecord(path())).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringMatching(message),
    });
  });
});
