import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { type AverageSettings, averaged, shareAt } from './average.js';

beforeAll(() => tf.setBackend('cpu'));

/** The averages of 1, 2, 3, …, one for each of `total` steps. */
function averages(settings: AverageSettings, stepsAnEpoch: number, total: number): number[] {
  let average = tf.tensor1d([0]);
  return Array.from({ length: total }, (_, done) => {
    const share = shareAt(settings, { done, stepsAnEpoch, total });
    average = averaged(average, tf.tensor1d([done + 1]), tf.scalar(share));
    return average.dataSync()[0]!;
  });
}

test('EMA begins with the first parameters and forgets them by its decay', () => {
  const found = averages({ kind: 'ema', decay: 0.75 }, 2, 4);
  expect(found).toEqual([1, 1.25, 1.6875, 2.265625]);
});

test('SWA is the mean of the last parameters of the epochs after its share', () => {
  // Four epochs of two steps end at 2, 4, 6 and 8; half of them are passed over.
  expect(averages({ kind: 'swa', from: 0.5 }, 2, 8)).toEqual([0, 0, 0, 0, 0, 6, 6, 7]);
});

test('SWA counts an epoch that a budget cuts short', () => {
  expect(averages({ kind: 'swa', from: 0.6 }, 2, 5)).toEqual([0, 0, 0, 4, 4.5]);
});

test('SWA of the last epoch alone is its parameters', () => {
  expect(averages({ kind: 'swa', from: 0.99 }, 2, 4)).toEqual([0, 0, 0, 4]);
});
