import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { appendMetrics, type EpochMetrics, readMetrics, truncateMetrics } from './metrics.js';

let output: string;
beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'smoothout-metrics-'));
});

describe('metrics.jsonl', () => {
  const path = () => join(output, 'metrics.jsonl');
  const epoch = (number: number): EpochMetrics => ({
    epoch: number,
    step: 47 * number,
    learningRate: 0.001,
    trainLoss: 0.5 / number,
    trainAccuracy: 90,
    validationLoss: 0.25,
    validationAccuracy: 91.25,
    seconds: 1.5,
    imagesPerSecond: 8000,
  });

  test('grows by a line an epoch', async () => {
    expect(await readMetrics(path())).toEqual([]);
    await appendMetrics(path(), epoch(1));
    await appendMetrics(path(), epoch(2));
    expect(await readMetrics(path())).toEqual([epoch(1), epoch(2)]);
    expect((await readFile(path(), 'utf8')).split('\n')).toHaveLength(3);
  });

  test('goes back to the epoch of a checkpoint, and drops the line that a kill cut short', async () => {
    for (const number of [1, 2, 3]) await appendMetrics(path(), epoch(number));
    await appendFile(path(), '{"epoch": 4, "ste');
    expect(await truncateMetrics(path(), 2)).toEqual([epoch(1), epoch(2)]);
    await appendMetrics(path(), epoch(3));
    expect(await readMetrics(path())).toEqual([epoch(1), epoch(2), epoch(3)]);
  });

  test('with another broken line names it', async () => {
    await writeFile(path(), `${JSON.stringify(epoch(1))}\n{"epoch": 2}\n`);
    await expect(readMetrics(path())).rejects.toThrow(`${path()}:2: step is missing: expected a number`);
    await writeFile(path(), 'garbage\n');
    await expect(readMetrics(path())).rejects.toThrow(`${path()}:1: not valid JSON`);
  });

  test.each([
    [[1, 3], 'metrics.jsonl:2: epoch 3, where epoch 2 belongs'],
    [[1, 2, 2], 'metrics.jsonl:3: epoch 2, where epoch 3 belongs'],
    [[2], 'metrics.jsonl:1: epoch 2, where epoch 1 belongs'],
  ])('with a hole or a repeat in its epochs names it: %j', async (epochs, message) => {
    for (const number of epochs) await appendMetrics(path(), epoch(number));
    await expect(readMetrics(path())).rejects.toThrow(message);
  });

  test('holds no number that is not finite', async () => {
    await expect(appendMetrics(path(), { ...epoch(3), trainLoss: Number.NaN })).rejects.toMatchObject({
      code: 'DIVERGED',
      message: 'epoch 3: trainLoss is NaN',
    });
    expect(await readMetrics(path())).toEqual([]);
  });
});
