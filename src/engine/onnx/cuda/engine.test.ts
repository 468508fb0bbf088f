/** The graphs of the CUDA device, run by the CPU: what they compute, not that CUDA computes it. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../../../support/errors.js';
import type { HostArray, NamedTensors, Signature } from '../../engine.js';
import { CASES } from '../../testing/cases/index.js';
import { describeConformance } from '../../testing/conformance.js';
import { describeContract } from '../../testing/contract.js';
import { createCudaEngine } from './engine.js';

const engine = await createCudaEngine('cpu');

/** The other kernels are those of the portable graph: conformance.test.ts. */
const OWN = /^(pooling|convolution|reduction: arg)/;
const skip = Object.fromEntries(CASES.filter(({ name }) => !OWN.test(name)).map(({ name }) => [name, 'not its own']));

describeConformance('the graphs for CUDA', engine, { skip });
describeContract('the graphs for CUDA', engine);

describe('several steps in one run', () => {
  const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
  const signature: Signature = {
    w: float(6),
    velocity: float(6),
    count: { shape: [], dtype: 'int32' },
    x: float(5, 3),
    labels: { shape: [5], dtype: 'int32' },
    rate: float(),
  };
  const STEPS = 4;
  const numbers = (length: number, start: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(1 + start + 1.7 * i));
  const batches = Array.from({ length: STEPS }, (_, step) => ({
    x: numbers(15, step),
    labels: Int32Array.from({ length: 5 }, (_unused, i) => (i + step) % 2),
    rate: Float32Array.of(0.1 / (step + 1)),
  }));
  const start = { w: numbers(6, 9), velocity: new Float32Array(6), count: Int32Array.of(3) };

  function step({ w, velocity, count, x, labels, rate }: NamedTensors) {
    const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
      const logits = tf.matMul(x!, tf.reshape(parameters, [3, 2]));
      const isLabel = tf.cast(tf.equal(tf.expandDims(labels!, 1), tf.range(0, 2, 1, 'int32')), 'float32');
      return tf.neg(tf.mean(tf.mul(tf.logSoftmax(logits), isLabel))) as tf.Scalar;
    })(w!);
    const next = tf.add(tf.mul(velocity!, 0.9), grad);
    return {
      w: tf.sub(w!, tf.mul(next, rate!)),
      velocity: next,
      count: tf.add(count!, tf.scalar(1, 'int32')),
      loss: value,
    };
  }

  async function oneByOne() {
    const program = await engine.compile(step, signature);
    let state: Record<string, HostArray> = start;
    const losses: number[] = [];
    for (const batch of batches) {
      const { loss, ...next } = (await program.run({ ...state, ...batch })) as Record<string, HostArray>;
      losses.push(loss![0]!);
      state = next;
    }
    await program.dispose();
    const { w, velocity, count } = state;
    return { w, velocity, count, loss: Float32Array.from(losses) };
  }

  const stacked = {
    x: Float32Array.from(batches.flatMap(({ x }) => [...x])),
    labels: Int32Array.from(batches.flatMap(({ labels }) => [...labels])),
    rate: Float32Array.from(batches.flatMap(({ rate }) => [...rate])),
  };

  test('give the state and the losses of single steps, bit for bit', async () => {
    const program = await engine.compileSteps(step, signature, STEPS);
    expect(program.outputs.loss).toEqual({ shape: [STEPS], dtype: 'float32' });
    expect(program.outputs.w).toEqual({ shape: [6], dtype: 'float32' });
    expect(await program.run({ ...start, ...stacked })).toEqual(await oneByOne());
    await program.dispose();
  });

  test('can go on from what a run of several kept', async () => {
    const program = await engine.compileSteps(step, signature, 2, { keep: ['w', 'velocity', 'count'] });
    const half = (from: number) => ({
      x: stacked.x.subarray(15 * from, 15 * (from + 2)),
      labels: stacked.labels.subarray(5 * from, 5 * (from + 2)),
      rate: stacked.rate.subarray(from, from + 2),
    });
    const first = await program.run({ ...start, ...half(0) });
    const { w, velocity, count } = await program.run({ ...first, ...half(2) });
    const expected = await oneByOne();
    const read = async (value: unknown) => (value as { read(): Promise<HostArray> }).read();
    expect({ w: await read(w), velocity: await read(velocity), count: await read(count) }).toMatchObject({
      w: expected.w,
      velocity: expected.velocity,
      count: Int32Array.of(3 + STEPS),
    });
    await program.dispose();
  });

  test('refuse a batch of one step', async () => {
    const program = await engine.compileSteps(step, signature, STEPS);
    await expect(program.run({ ...start, ...batches[0]! })).rejects.toThrow(/Input .*: expected/);
    await program.dispose();
  });
});

test('where CUDA does not load, the error says who knows more', async () => {
  const error: unknown = await createCudaEngine().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return;
  expect(error).toBeInstanceOf(SmoothOutError);
  expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', hint: expect.stringContaining('smoothout doctor') });
});
