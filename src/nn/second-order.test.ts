import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { createEagerEngine } from '../engine/eager.js';
import { float } from '../engine/engine.js';
import { createOnnxEngine } from '../engine/onnx/cpu/engine.js';
import { normal } from '../support/random.js';
import { batchNorm } from './batch-norm.js';
import { withSecondOrderGradients } from './second-order.js';

type Smooth = (x: tf.Tensor) => tf.Tensor;
const image = (x: tf.Tensor) => tf.reshape(x, [1, 5, 6, 2]) as tf.Tensor4D;
const SIZE = 60;

/** Functions of 60 numbers that are smooth where they are evaluated. */
const FUNCTIONS: Readonly<Record<string, Smooth>> = {
  exp: (x) => tf.square(tf.exp(x)),
  sigmoid: (x) => tf.square(tf.sigmoid(x)),
  tanh: (x) => tf.square(tf.tanh(x)),
  softmax: (x) => tf.square(tf.softmax(tf.reshape(x, [6, 10]))),
  'convolution in its image and its filter': (x) =>
    tf.square(tf.conv2d(image(x), tf.reshape(tf.slice(x, 0, 36), [3, 3, 2, 2]) as tf.Tensor4D, 1, 1)),
  'convolution with stride 2': (x) =>
    tf.square(tf.conv2d(image(x), tf.reshape(tf.slice(x, 0, 24), [3, 2, 2, 2]) as tf.Tensor4D, 2, 'valid')),
  'max pooling': (x) => tf.square(tf.maxPool(image(tf.square(x)), 3, 2, 'valid')),
  'max pooling over the edge': (x) => tf.square(tf.maxPool(image(tf.square(x)), 3, 2, 1)),
  'batch normalisation with its own statistics': (x) => {
    const parameters = { 'b.weight': tf.slice(x, 0, 4), 'b.bias': tf.slice(x, 4, 4) };
    const pass = { mode: 'batch', parameters, statistics: {}, uniform: {}, batchStatistics: {} } as const;
    const y = batchNorm(4)('b').apply(tf.reshape(x, [15, 4]), { ...pass, batchStatistics: {} });
    return tf.mul(tf.square(y), tf.square(tf.reshape(x, [15, 4])));
  },
};

describe.each(Object.entries(FUNCTIONS))('%s', (_, f) => {
  test.each([
    ['onnx', createOnnxEngine],
    ['tfjs', createEagerEngine],
  ])('on %s: the gradient of the gradient is the difference of gradients', async (_engine, create) => {
    const engine = create();
    const specs = { x: float(SIZE), v: float(SIZE) };
    const program = await engine.compile(({ x, v }) => {
      const gradient = tf.grad((at: tf.Tensor) => tf.sum(f(at)));
      return {
        first: gradient(x),
        second: withSecondOrderGradients(() => tf.grad((at: tf.Tensor) => tf.sum(tf.mul(gradient(at), v)))(x)),
      };
    }, specs);
    const x = normal({ seed: 4, purpose: 'test' }, SIZE, 0.5);
    const v = normal({ seed: 5, purpose: 'test' }, SIZE);
    const { second } = await program.run({ x, v });
    const h = 2 ** -9;
    const shifted = async (by: number) => (await program.run({ x: x.map((xi, i) => xi + by * v[i]!), v })).first;
    const [ahead, behind] = [await shifted(h), await shifted(-h)];
    const differences = ahead.map((value, i) => (value - behind[i]!) / (2 * h));
    const error = Math.hypot(...differences.map((value, i) => value - second[i]!));
    expect(error / Math.hypot(...second)).toBeLessThan(2e-3);
    await program.dispose();
  });
});

test("tfjs's own gradients are in force again afterwards", () => {
  const before = tf.getGradient('Exp');
  expect(() =>
    withSecondOrderGradients(() => {
      expect(tf.getGradient('Exp')).not.toBe(before);
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(tf.getGradient('Exp')).toBe(before);
  expect(tf.getGradient('MaxPoolGrad')).toBeUndefined();
});

describe.each([
  ['onnx', createOnnxEngine],
  ['tfjs', createEagerEngine],
])('on %s', (_engine, create) => {
  const secondGradient = (f: Smooth) =>
    create().compile(
      ({ x }) => ({
        second: withSecondOrderGradients(() => tf.grad((at) => tf.sum(tf.grad((z: tf.Tensor) => tf.sum(f(z)))(at)))(x)),
      }),
      { x: float(SIZE) },
    );

  test('a gradient from what tf.customGrad has computed itself is refused, however early it was made', async () => {
    const cube = tf.customGrad((x, save) => {
      const square = tf.square(x as tf.Tensor);
      (save as tf.GradSaveFunc)([square]);
      return { value: tf.mul(square, x as tf.Tensor), gradFunc: (dy, [saved]) => tf.mul(dy, tf.mul(3, saved!)) };
    });
    const refused = expect.objectContaining({ code: 'UNSUPPORTED_OP', hint: expect.stringContaining('tf.logSoftmax') });
    await expect(secondGradient(tf.logSoftmax)).rejects.toEqual(refused);
    await expect(secondGradient(cube)).rejects.toEqual(refused);
  });

  test('one from its inputs is right', async () => {
    const cube = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      return {
        value: tf.pow(x as tf.Tensor, 3),
        gradFunc: (dy, [saved]) => tf.mul(dy, tf.mul(3, tf.square(saved!))),
      };
    });
    const program = await secondGradient(cube);
    const x = normal({ seed: 6, purpose: 'test' }, SIZE);
    const { second } = await program.run({ x });
    for (const [i, value] of second.entries()) expect(value).toBeCloseTo(6 * x[i]!, 4);
    await program.dispose();
  });
});
