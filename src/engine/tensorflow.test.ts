/** What surrounds TensorFlow's library; where its Node.js package is installed, the library too. */
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { createEagerEngine } from './eager.js';
import type { DeviceArray, NamedTensors } from './engine.js';
import { createTensorFlowEngine, installedTensorFlow, restoreUtil } from './tensorflow.js';
import { describeConformance } from './testing/conformance.js';
import { describeContract } from './testing/contract.js';
import { describeOnTensorFlow } from './testing/tensorflow.js';

const old = util as { isArray?: unknown; isNullOrUndefined?: (value: unknown) => boolean };

test('what Node.js 23 took out of util is put back, and what is there is left alone', () => {
  const { isArray, isNullOrUndefined } = old;
  try {
    delete old.isArray;
    delete old.isNullOrUndefined;
    restoreUtil();
    expect(old.isArray).toBe(Array.isArray);
    expect([null, undefined, 0, ''].map((value) => old.isNullOrUndefined!(value))).toEqual([true, true, false, false]);
    const mine = () => true;
    old.isNullOrUndefined = mine;
    restoreUtil();
    expect(old.isNullOrUndefined).toBe(mine);
  } finally {
    Object.assign(old, { isArray, isNullOrUndefined });
  }
});

test.skipIf(installedTensorFlow())('where neither package is installed, the error says how to', async () => {
  await expect(createTensorFlowEngine()).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    message: '--engine tensorflow needs @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node',
    hint: expect.stringContaining('docs/gpu.md'),
  });
  await expect(createTensorFlowEngine('cpu')).rejects.toMatchObject({
    message: '--engine tensorflow needs @tensorflow/tfjs-node',
  });
});

describe('memory', () => {
  /** Momentum on a small network with batch statistics: keeps, reads and drops as a training step does. */
  function step({ w, velocity, x }: NamedTensors) {
    const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
      const hidden = tf.relu(tf.matMul(x!, tf.reshape(parameters, [4, 3])));
      return tf.mean(tf.square(tf.sub(hidden, tf.mean(hidden, 0)))) as tf.Scalar;
    })(w!);
    const next = tf.add(tf.mul(velocity!, 0.9), grad);
    return { w: tf.sub(w!, tf.mul(next, 0.1)), velocity: next, loss: value };
  }

  test('is the same after every step', async () => {
    const engine = createEagerEngine();
    const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
    const signature = { w: float(12), velocity: float(12), x: float(5, 4) };
    const program = await engine.compile(step, signature, { keep: ['w', 'velocity'] });
    let w = await engine.upload(
      Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      [12],
    );
    let velocity = await engine.upload(new Float32Array(12), [12]);
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 5; i++) {
      const x = Float32Array.from({ length: 20 }, (_, j) => Math.cos(i + j));
      const results = await program.run({ w, velocity, x });
      w.dispose();
      velocity.dispose();
      w = results.w as DeviceArray;
      velocity = results.velocity as DeviceArray;
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    }
  });
});

await describeOnTensorFlow("TensorFlow's library", async () => {
  const engine = await createTensorFlowEngine();
  describeConformance('TensorFlow', engine, {
    skip: { 'elementwise: int32 division': 'compiling runs a function on zeros, and TensorFlow refuses 0 / 0' },
  });
  describeContract('TensorFlow', engine);
});
