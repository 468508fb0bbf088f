import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { dropout, type Mode } from './layers.js';

beforeAll(() => tf.setBackend('cpu'));

function apply(rate: number, mode: Mode): number[] {
  const layer = dropout(rate, 4)('drop');
  const uniform = { drop: tf.tensor2d([0, 0.19, 0.2, 0.99], [1, 4]) };
  const pass = { mode, parameters: {}, statistics: {}, uniform, batchStatistics: {} };
  return [...layer.apply(tf.tensor2d([1, 2, 4, 8], [1, 4]), pass).dataSync()];
}

describe('dropout', () => {
  test('zeroes the units whose number is below the rate and scales the others', () => {
    expect(apply(0.2, 'train')).toEqual([0, 0, 5, 10]);
  });

  test.each(['running', 'batch'] as const)('does nothing in mode %s', (mode) => {
    expect(apply(0.2, mode)).toEqual([1, 2, 4, 8]);
  });

  test('asks for no numbers at rate 0', () => {
    expect(dropout(0, 4)('drop').dropout).toEqual([]);
    expect(apply(0, 'train')).toEqual([1, 2, 4, 8]);
  });
});
