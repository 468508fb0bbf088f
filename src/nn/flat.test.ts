import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { join, split } from './flat.js';
import { buildModel } from './model.js';

beforeAll(() => tf.setBackend('cpu'));

const { layout } = await buildModel('mlp', {
  classes: 3,
  hidden: [4],
  inputShape: { channels: 1, height: 2, width: 2 },
});
const counting = () => tf.range(0, layout.size);

describe('flat vectors', () => {
  test('split gives each name its piece in its shape', () => {
    const tensors = split(counting() as tf.Tensor1D, layout.parameters);
    expect(Object.keys(tensors)).toEqual(layout.parameters.map(({ name }) => name));
    expect(tensors['layers.1.bias']!.arraySync()).toEqual([24, 25, 26, 27]);
    expect(tensors['layers.3.weight']!.arraySync()).toEqual([
      [28, 29, 30, 31],
      [32, 33, 34, 35],
      [36, 37, 38, 39],
    ]);
  });

  test('join undoes split, whatever the order of the names', () => {
    const tensors = split(counting() as tf.Tensor1D, layout.parameters);
    const reversed = Object.fromEntries(Object.entries(tensors).reverse());
    expect(join(reversed, layout.parameters).arraySync()).toEqual(counting().arraySync());
  });

  test('the gradient through split is flat, zero where a piece is unused', () => {
    const gradient = tf.grad((w: tf.Tensor) => {
      const tensors = split(w as tf.Tensor1D, layout.parameters);
      return tf.sum(tf.square(tensors['layers.1.bias']!));
    })(counting());
    const expected = Array.from({ length: layout.size }, (_, i) => (i >= 24 && i < 28 ? 2 * i : 0));
    expect(gradient.arraySync()).toEqual(expected);
  });
});
