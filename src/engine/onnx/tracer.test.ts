import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../../support/errors.js';
import type { Signature, TensorFunction } from '../flat.js';
import { createOnnxEngine } from './cpu/engine.js';
import { ALL_KERNELS } from './kernels/index.js';
import { trace } from './tracer.js';

const signature = { x: { shape: [2, 3], dtype: 'float32' } } satisfies Signature;
const engine = createOnnxEngine();
const x = Float32Array.of(1, 2, 3, 4, 5, 6);

const traceOf = (fn: TensorFunction, inputs: Signature = signature) => trace(fn, inputs, { pieces: true });

async function run(fn: TensorFunction) {
  const program = await engine.compile(fn, signature);
  return program.run({ x });
}

const unsupported = (message: RegExp) =>
  expect.objectContaining({ code: 'UNSUPPORTED_OP', message: expect.stringMatching(message) });

describe('an op without a kernel', () => {
  test('fails when compiled, with its name and those of the supported ones', async () => {
    const compiled = engine.compile(({ x }) => ({ y: tf.cumsum(x!) }), signature);
    await expect(compiled).rejects.toThrow(unsupported(/no kernel for the tfjs op Cumsum/));
    const error = (await compiled.catch((thrown: unknown) => thrown)) as SmoothOutError;
    expect(error).toBeInstanceOf(SmoothOutError);
    for (const name of ['Identity', ...Object.keys(ALL_KERNELS)]) expect(error.hint).toContain(name);
    expect(error.hint).toContain('--engine tfjs');
  });

  test('fails so inside a gradient too, and the next function compiles', async () => {
    const failing = () => traceOf(({ x }) => ({ y: tf.grad((v) => tf.sum(tf.atan(tf.square(v))))(x!) }));
    expect(failing).toThrow(unsupported(/Atan/));
    expect((await run(({ x }) => ({ y: tf.grad((v) => tf.sum(tf.square(v)))(x!) }))).y).toEqual(x.map((v) => 2 * v));
  });

  test.each<[string, (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor]>([
    ['conv2d', (x, filter) => tf.conv2d(x, filter, 1, 'same', 'NCHW')],
    ['its gradient', (x, filter) => tf.grad((f) => tf.sum(tf.conv2d(x, f as tf.Tensor4D, 1, 'same', 'NCHW')))(filter)],
    ['depthwiseConv2d', (x, filter) => tf.depthwiseConv2d(x, filter, 1, 'same', 'NCHW')],
  ])('%s of images with channels first names what is', (_, convolve) => {
    const convolution: TensorFunction = ({ x }) => ({
      y: convolve(tf.reshape(x!, [1, 1, 2, 3]), tf.ones([1, 1, 1, 2])),
    });
    expect(() => traceOf(convolution)).toThrow(unsupported(/NHWC/));
  });

  test('gather along batches is named as what it is', () => {
    const gather = () => traceOf(({ x }) => ({ y: tf.gather(x!, tf.tensor2d([[0], [1]], [2, 1], 'int32'), 1, 1) }));
    expect(gather).toThrow(unsupported(/batch dimensions/));
  });
});

test('a matrix product whose sizes do not fit is refused where it stands, not in its gradient', () => {
  expect(() => traceOf(({ x }) => ({ y: tf.matMul(x!, tf.ones([2, 4])) }))).toThrow(/inner sizes 3 and 2/);
});

describe('reading a traced tensor says why it cannot be done', () => {
  const why = unsupported(/cannot be read: it does not exist yet/);

  test.each<[string, (x: tf.Tensor) => unknown]>([
    ['dataSync', (x) => x.dataSync()],
    ['arraySync', (x) => x.arraySync()],
    ['print', (x) => x.print()],
    ['toString', (x) => x.toString()],
    ['dataSync of a result', (x) => tf.square(x).dataSync()],
    ['dataSync of a clone', (x) => tf.tidy(() => x.clone()).dataSync()],
    ['dataSync inside a gradient', (x) => tf.grad((v) => tf.mul(tf.sum(v), v.dataSync()[0]!))(x)],
  ])('%s', (_, read) => {
    expect(() => traceOf(({ x }) => ({ x: x!, read: tf.scalar(Number(read(x!))) }))).toThrow(why);
  });

  test('data', async () => {
    const reads: Promise<unknown>[] = [];
    traceOf(({ x }) => {
      reads.push(x!.data().catch((error: unknown) => error));
      return { x: x! };
    });
    expect(await reads[0]).toEqual(why);
  });

  test('after the function has returned, and on another backend', () => {
    let escaped: tf.Tensor | undefined;
    traceOf(({ x }) => {
      escaped = tf.keep(tf.square(x!));
      return { x: x! };
    });
    expect(() => escaped!.dataSync()).toThrow(why);
    expect(() => tf.add(escaped!, 1)).toThrow(why);
  });

  test('a constant can be read, and what was read becomes a constant again', async () => {
    const { y } = await run(({ x }) => {
      const two = tf.scalar(2).clone().dataSync()[0]!;
      return { y: tf.mul(x!, two) };
    });
    expect(y).toEqual(x.map((v) => 2 * v));
  });
});

describe('tensors from outside', () => {
  test('made before, on another backend, are constants and stay usable there', async () => {
    await tf.setBackend('cpu');
    const outside = tf.tensor1d([1, 10, 100, 1000, 1, 1]);
    const matrix = outside.reshape([2, 3]);
    const fn: TensorFunction = ({ x }) => ({
      y: tf.mul(x!, matrix),
      gradient: tf.grad((v) => tf.sum(tf.mul(tf.mul(v, v), matrix)))(x!),
      vector: outside,
    });
    for (let time = 0; time < 2; time++) {
      const { y, gradient, vector } = await run(fn);
      expect(y).toEqual(Float32Array.of(1, 20, 300, 4000, 5, 6));
      expect(gradient).toEqual(Float32Array.of(2, 40, 600, 8000, 10, 12));
      expect(vector).toEqual(Float32Array.of(1, 10, 100, 1000, 1, 1));
    }
    expect([...tf.add(outside, matrix.flatten()).dataSync()]).toEqual([2, 20, 200, 2000, 2, 2]);
  });

  test('a constant kept from one trace serves the next', async () => {
    let memo: tf.Tensor | undefined;
    const fn: TensorFunction = ({ x }) => {
      memo ??= tf.keep(tf.tensor1d([1, 2, 3]));
      return { y: tf.add(x!, memo) };
    };
    const first = await run(fn);
    expect((await run(fn)).y).toEqual(first.y);
  });

  test('a value of one traced function is refused by another', () => {
    let escaped: tf.Tensor | undefined;
    traceOf(({ x }) => {
      escaped = tf.keep(tf.square(x!));
      return { x: x! };
    });
    expect(() => traceOf(({ x }) => ({ y: tf.add(x!, escaped!) }))).toThrow(unsupported(/of one traced function/));
    expect(() => traceOf(() => ({ y: escaped! }))).toThrow(unsupported(/of one traced function/));
  });
});

test('a bool output is refused by its name', () => {
  expect(() => traceOf(({ x }) => ({ positive: tf.greater(x!, 0) }))).toThrow(unsupported(/positive.*bool/));
});

describe('no state is left behind', () => {
  test('tracing inside of tracing', async () => {
    const { y } = await run(({ x }) => {
      const inner = traceOf(({ x }) => ({ z: tf.exp(x!) }));
      expect(inner.graph.nodes.map(({ op }) => op)).toEqual(['Exp']);
      expect(() => traceOf(() => tf.cumsum([1]) as never)).toThrow();
      return { y: tf.square(x!) };
    });
    expect(y).toEqual(x.map((v) => v * v));
  });

  test.each(['cpu'])('the backend %s is in force again, whether tracing works or fails', async (name) => {
    await tf.setBackend(name);
    traceOf(({ x }) => ({ x: x! }));
    expect(tf.getBackend()).toBe(name);
    expect(() => traceOf(({ x }) => ({ y: tf.cumsum(x!) }))).toThrow();
    expect(tf.getBackend()).toBe(name);
    expect(tf.square(3).dataSync()[0]).toBe(9);
  });

  test('tensors of a trace are disposed with it', () => {
    const before = tf.memory();
    traceOf(({ x }) => ({ y: tf.grad((v) => tf.sum(tf.square(tf.tanh(v))))(x!), z: tf.clone(x!) }));
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });
});
