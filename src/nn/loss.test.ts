import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { crossEntropy, withGradient } from './loss.js';

beforeAll(() => tf.setBackend('cpu'));

const scalar = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

describe('cross-entropy', () => {
  test('mean, sum and number of correct predictions', () => {
    const logits = tf.tensor2d([0, 0, Math.log(2), 3, 1, 0], [2, 3]);
    const { mean, sum, correct } = crossEntropy(logits, tf.tensor1d([2, 1], 'int32'));
    const expected = Math.log(2) + Math.log(Math.exp(3) + Math.exp(1) + 1) - 1;
    expect(scalar(sum)).toBeCloseTo(expected, 5);
    expect(scalar(mean)).toBeCloseTo(expected / 2, 5);
    expect(scalar(correct)).toBe(1);
  });

  test('of equal logits the first is the prediction', () => {
    const labels = tf.tensor1d([0, 1, 2], 'int32');
    expect(scalar(crossEntropy(tf.zeros([3, 3]), labels).correct)).toBe(1);
  });

  test('stays finite for logits far beyond exp’s range', () => {
    const { mean } = crossEntropy(tf.tensor2d([1e4, -1e4], [1, 2]), tf.tensor1d([1], 'int32'));
    expect(scalar(mean)).toBeCloseTo(2e4, 0);
  });

  test('its gradient is (softmax − one-hot)/N, and extras outlive the differentiation', () => {
    const labels = tf.tensor1d([1, 0], 'int32');
    const flat = tf.tensor1d([0, 0, 1, 3]);
    const result = withGradient((w) => {
      const logits = tf.reshape(w, [2, 2]);
      return { value: crossEntropy(logits, labels).mean, extras: { doubled: tf.mul(w, 2), given: flat } };
    }, flat);
    const p = 1 / (1 + Math.exp(2));
    const expected = [0.25, -0.25, (p - 1) / 2, (1 - p) / 2];
    result.gradient.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
    expect([...result.extras.doubled!.dataSync()]).toEqual([0, 0, 2, 6]);
    expect([...flat.dataSync()]).toEqual([0, 0, 1, 3]);
  });

  test('differentiating leaves no tensor behind', () => {
    const flat = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      withGradient((w) => ({ value: tf.sum(tf.square(w)), extras: { w: tf.mul(w, 2) } }), flat);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
