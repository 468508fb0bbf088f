import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Signature, TensorFunction } from '../../flat.js';
import { structured } from '../../structured.js';
import { floats, withGradients } from '../../testing/case.js';
import { expectedOf, runOnce } from '../../testing/conformance.js';
import { convolution } from '../kernels/convolution.js';
import { pooling } from '../kernels/pooling.js';
import { trace } from '../tracer.js';
import { createOnnxEngine } from './engine.js';
import { inImageParts } from './image-parts.js';
import { createCpuMemory } from './memory.js';
import { createCpuProgram } from './program.js';

/** Two images at a time. */
const kernels = inImageParts({ ...convolution, ...pooling }, { elements: 1, images: 2 });
const tracedInParts = (fn: TensorFunction, signature: Signature) => trace(fn, signature, { pieces: true, kernels });
const inParts = structured({
  ...createOnnxEngine(),
  compile: async (fn, signature, options) =>
    createCpuProgram(tracedInParts(fn, signature), signature, createCpuMemory(), 1, options),
});

const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid');
const conv = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');

const network = withGradients(
  'convolutions, pools and what follows them',
  [floats([5, 10, 10, 2]), floats([3, 3, 2, 3]), floats([3, 3, 3, 4]), floats([3])],
  (images, first, second, scale) => {
    const pooled = pool(conv(images!, first!));
    const whole = tf.mul(tf.sub(pooled, tf.mean(pooled, [0, 1, 2])), scale!);
    return pool(conv(tf.relu(whole), second!));
  },
);

test('values and gradients are those of the whole batch', async () => {
  const { outputs } = await expectedOf(network);
  const results = await runOnce(inParts, network, Object.keys(outputs));
  for (const [name, { values }] of Object.entries(outputs)) {
    const actual = results[name]!.values;
    values.forEach((value, i) => {
      expect(actual[i], `${name}[${i}]`).toBeCloseTo(value, 4);
    });
  }
});

test('what a convolution makes of the whole batch is never there before a pool', () => {
  const convolved = (x: tf.Tensor, filter: tf.Tensor) => tf.sum(pool(conv(x, filter)));
  const step = ({ x, filter }: Readonly<Record<string, tf.Tensor>>) => {
    return { gradient: tf.grad((f) => convolved(x!, f))(filter!) };
  };
  const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
  const { graph } = tracedInParts(step, { x: float(5, 6, 6, 2), filter: float(3, 3, 2, 3) });
  const ops = graph.nodes.map(({ op }) => op);
  expect(ops.filter((op) => op === 'MaxPool')).toHaveLength(3);
  expect(ops.filter((op) => op === 'ScatterElements')).toHaveLength(3);
  expect(ops).not.toContain('Concat');
});
