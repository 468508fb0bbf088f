import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { float, type NamedTensors } from '../../engine.js';
import { trace } from '../tracer.js';
import { cpuKernels } from './kernels.js';

/** The operators of a convolution's gradient through the pool that follows it, on 16 channels in blocks of 8. */
function operators(pad: 'valid' | 'same'): string[] {
  const loss = (x: tf.Tensor, filter: tf.Tensor) => {
    const image = tf.conv2d(tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
    return tf.sum(tf.square(tf.maxPool(image, 3, 2, pad)));
  };
  const step = ({ x, filter }: NamedTensors) => ({ gradient: tf.grad((f) => loss(x!, f))(filter!) });
  const signature = { x: float(8, 16, 9, 9), filter: float(3, 3, 16, 16) };
  return trace(step, signature, { pieces: true, kernels: cpuKernels(8) }).graph.nodes.map(({ op }) => op);
}

test('from a convolution to its pool and back, nothing leaves its blocks', () => {
  const ops = operators('valid');
  expect(ops.filter((op) => ['Scan', 'MaxPool', 'ScatterElements'].includes(op))).toEqual(['MaxPool', 'Scan']);
  // In: x for the convolution and for its filter's gradient. Out: the pool, and the filter's gradient.
  expect(ops.filter((op) => op.startsWith('Reorder')).toSorted()).toEqual([
    ...['ReorderInput', 'ReorderInput'],
    ...['ReorderOutput', 'ReorderOutput'],
  ]);
});

test('windows over the edge are left to ONNX Runtime', () => {
  expect(operators('same')).toEqual(expect.arrayContaining(['MaxPool', 'ScatterElements']));
});
