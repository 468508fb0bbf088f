import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Signature, TensorFunction } from '../flat.js';
import { structured } from '../structured.js';
import { floats, withGradients } from '../testing/case.js';
import { expectedOf, runOnce } from '../testing/conformance.js';
import { createOnnxEngine } from './cpu/engine.js';
import { createCpuMemory } from './cpu/memory.js';
import { createCpuProgram } from './cpu/program.js';
import { inImageParts } from './image-parts.js';
import { convolution } from './kernels/convolution.js';
import { GPU_KERNELS } from './kernels/gpu.js';
import { pooling } from './kernels/pooling.js';
import { trace } from './tracer.js';

/** Two images at a time. */
const LIMITS = { elements: 1, images: 2 };
const KERNELS = {
  'for a CPU': inImageParts({ ...convolution, ...pooling }, LIMITS),
  'for a GPU': inImageParts({ ...convolution, ...GPU_KERNELS }, LIMITS),
};
type Form = keyof typeof KERNELS;

const tracedInParts = (form: Form, fn: TensorFunction, signature: Signature) =>
  trace(fn, signature, { pieces: true, kernels: KERNELS[form] });
const inParts = (form: Form) =>
  structured({
    ...createOnnxEngine(),
    compile: async (fn, signature, isKept) =>
      createCpuProgram(tracedInParts(form, fn, signature), createCpuMemory(), 1, isKept),
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

test.each(['for a CPU', 'for a GPU'] as const)(
  '%s: values and gradients are those of the whole batch',
  async (form) => {
    const { outputs } = await expectedOf(network);
    const results = await runOnce(inParts(form), network, Object.keys(outputs));
    for (const [name, { values }] of Object.entries(outputs)) {
      const actual = results[name]!.values;
      values.forEach((value, i) => {
        expect(actual[i], `${name}[${i}]`).toBeCloseTo(value, 4);
      });
    }
  },
);

test('what a convolution makes of the whole batch is never there before a pool', () => {
  const convolved = (x: tf.Tensor, filter: tf.Tensor) => tf.sum(pool(conv(x, filter)));
  const step = ({ x, filter }: Readonly<Record<string, tf.Tensor>>) => {
    return { gradient: tf.grad((f) => convolved(x!, f))(filter!) };
  };
  const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
  const opsOf = (form: Form) => {
    const { graph } = tracedInParts(form, step, { x: float(5, 6, 6, 2), filter: float(3, 3, 2, 3) });
    return graph.nodes.map(({ op }) => op);
  };
  const count = (ops: readonly string[], wanted: string) => ops.filter((op) => op === wanted).length;
  const cpu = opsOf('for a CPU');
  expect(['MaxPool', 'ScatterElements', 'Concat'].map((op) => count(cpu, op))).toEqual([3, 3, 0]);
  // Each part of the batch is convolved once: nothing is made of the whole.
  expect(['MaxPool', 'Conv'].map((op) => count(opsOf('for a GPU'), op))).toEqual([3, 3]);
});
