import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { batchNorm, statisticsAfter } from './batch-norm.js';
import type { Mode } from './layers.js';
import { buildLayout } from './layout.js';

const layer = batchNorm(3)('bn');
const statistics = () => ({ 'bn.running_mean': tf.tensor([0.5, -1, 2]), 'bn.running_var': tf.tensor([1, 4, 0.25]) });

function apply(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, mode: Mode) {
  const batchStatistics: Record<string, tf.Tensor> = {};
  const parameters = { 'bn.weight': scale, 'bn.bias': shift };
  const y = layer.apply(x, { mode, parameters, statistics: statistics(), uniform: {}, batchStatistics });
  return { y, batchStatistics };
}

/** Differentiated op by op by tfjs. */
function plain(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const axes = x.shape.slice(1).map((_, axis) => axis);
  const mean = tf.mean(x, axes);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), shift);
}

const difference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

beforeAll(() => tf.setBackend('cpu'));

describe('batch normalisation', () => {
  test.each([[[5, 3]], [[2, 3, 4, 3]]])(
    'value and closed-form gradient at %j are those of the plain formula',
    (shape) => {
      const inputs = [tf.randomNormal(shape, 1, 2, 'float32', 1), tf.tensor([0.5, 2, -1]), tf.tensor([1, 0, -3])];
      const weights = tf.randomNormal(shape, 0, 1, 'float32', 2);
      const weighted = (f: typeof plain) => (x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) =>
        tf.sum(tf.mul(tf.square(f(x, scale, shift)), weights));
      const ours = tf.valueAndGrads(weighted((x, scale, shift) => apply(x, scale, shift, 'batch').y))(inputs);
      const reference = tf.valueAndGrads(weighted(plain))(inputs);
      expect(difference(ours.value, reference.value)).toBeLessThan(1e-4);
      for (const [i, gradient] of ours.grads.entries())
        expect(difference(gradient, reference.grads[i]!)).toBeLessThan(1e-4);
    },
  );

  test('a large mean beside the spread costs no accuracy', () => {
    const x = tf.tensor2d([1000, 1001, 1002, 1003], [4, 1]).tile([1, 3]);
    const { y } = apply(x, tf.ones([3]), tf.zeros([3]), 'batch');
    const expected = [-1.5, -0.5, 0.5, 1.5].map((value) => value / Math.sqrt(1.25));
    expect(difference(tf.slice(y, [0, 0], [4, 1]), tf.tensor2d(expected, [4, 1]))).toBeLessThan(1e-5);
  });

  test('training moves the running statistics by a tenth, to the unbiased variance', () => {
    const x = tf.tensor2d([1, 0, 0, 3, 0, 0], [2, 3]);
    const { batchStatistics } = apply(x, tf.ones([3]), tf.zeros([3]), 'train');
    const running = tf.tensor1d([0.5, -1, 2, 1, 4, 0.25]);
    const after = statisticsAfter(running, batchStatistics, buildLayout([], layer.statistics).statistics).dataSync();
    expect(after[0]).toBeCloseTo(0.9 * 0.5 + 0.1 * 2, 6);
    expect(after[3]).toBeCloseTo(0.9 * 1 + 0.1 * 2, 6);
  });

  test.each(['batch', 'running'] as const)('mode %s updates nothing', (mode) => {
    expect(apply(tf.ones([2, 3]), tf.ones([3]), tf.zeros([3]), mode).batchStatistics).toEqual({});
  });

  test('mode running normalises by the running statistics', () => {
    const { y } = apply(tf.tensor2d([1.5, 3, 3], [1, 3]), tf.tensor([2, 1, 1]), tf.tensor([0, 0, 5]), 'running');
    expect(difference(y, tf.tensor2d([2, 2, 7], [1, 3]))).toBeLessThan(1e-4);
  });

  test('training on one value a channel is refused, as it has no variance', () => {
    expect(() => apply(tf.ones([1, 3]), tf.ones([3]), tf.zeros([3]), 'train')).toThrow(SmoothOutError);
    expect(() => apply(tf.ones([1, 2, 1, 3]), tf.ones([3]), tf.zeros([3]), 'train')).not.toThrow();
  });
});
