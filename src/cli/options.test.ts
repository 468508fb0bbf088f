import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numberRange, splitList } from './options.js';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';

const range = numberRange('--alpha');

describe('start:stop:step', () => {
  test.each<[string, number[]]>([
    ['0:0.3:0.1', [0, 0.1, 0.2, 0.3]],
    ['-0.3:0.3:0.15', [-0.3, -0.15, 0, 0.15, 0.3]],
    ['1:-1:-0.5', [1, 0.5, 0, -0.5, -1]],
    ['0:1:0.4', [0, 0.4, 0.8]],
    ['2:2:1', [2]],
    ['0,1e-3,0.5', [0, 0.001, 0.5]],
    ['0.01', [0.01]],
  ])('%s', (text, expected) => {
    expect(range(text)).toEqual(expected);
  });

  test('the paper’s ranges end where they should, on round numbers, through 0', () => {
    const alphas = range('-1:2:0.1');
    expect([alphas.length, alphas.at(-1), alphas[13]]).toEqual([31, 2, 0.3]);
    expect(Object.is(range('-0.3:0.3:0.05')[6], 0)).toBe(true);
    expect(range('0:0.02:0.002')).toHaveLength(11);
  });

  test.each([
    ['', 'not numbers'],
    ['a:b:c', 'not numbers'],
    ['0:1', 'not a range'],
    ['0:1:0.1:2', 'not a range'],
    ['0:1,2', 'not a range'],
    ['0:1:0', 'no step of 0 leads from 0 to 1'],
    ['0:1:-0.1', 'no step of -0.1 leads from 0 to 1'],
    ['0:1:1e-6', '1000001 points, more than 10000'],
    ['1,,2', 'not numbers'],
  ])('%s is refused', (text, reason) => {
    expect(() => range(text)).toThrow(`--alpha ${text}: ${reason}; expected start:stop:step`);
  });
});

test('splits', () => {
  expect(splitList('test,train,test')).toEqual(['test', 'train']);
  expect(() => splitList('val')).toThrow('--split val: expected train, test or train,test');
});

describe('--device', () => {
  const run = async (...options: Parameters<Command>) => {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-device-'));
    return smoothout`run configs/quickstart.yaml --data ${folder} --out ${folder} ${words(...options)}`;
  };

  test('--device auto says on stderr what it chose and why', async () => {
    const { stderr } = await run`--device auto --set synthetic=false`;
    expect(stderr).toMatch(/^computing on (cpu|webgpu|cuda): .+\n/);
  });

  test('SMOOTHOUT_DEVICE stands in for --device', async () => {
    const withAbacus = smoothout.with({ env: { SMOOTHOUT_DEVICE: 'abacus' } });
    expect(await withAbacus`run configs/quickstart.yaml`).toBeRefused({ status: 2, saying: 'abacus' });
  });

  test('a device that the engine does not have', async () => {
    const { status, stderr } = await run`--engine tfjs --device webgpu`;
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'smoothout: --engine tfjs has no --device webgpu: expected auto, cpu\n',
    });
  });
});
