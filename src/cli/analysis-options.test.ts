import { describe, expect, test } from 'vitest';
import { numberRange, splitList } from './analysis-options.js';

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
