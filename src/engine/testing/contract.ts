/** What every engine promises besides the numbers: src/engine/engine.ts in tests. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../../support/errors.js';
import type { DeviceArray, Engine, HostArray, Program, Signature, TensorFunction } from '../engine.js';
import { numbers } from './case.js';

const SIZE = 40;
const signature = {
  w: { shape: [SIZE], dtype: 'float32' },
  x: { shape: [5, 4], dtype: 'float32' },
  labels: { shape: [5], dtype: 'int32' },
} satisfies Signature;

/** One step of gradient descent on a small network whose parameters are one vector. */
const step: TensorFunction = ({ w, x, labels }) => {
  const loss = (parameters: tf.Tensor) => {
    const [first, second] = tf.split(parameters, [28, 12]) as [tf.Tensor, tf.Tensor];
    const hidden = tf.tanh(tf.matMul(x!, tf.reshape(first, [7, 4]), false, true));
    const logits = tf.matMul(tf.slice(hidden, [0, 0], [5, 6]), tf.reshape(second, [6, 2]));
    const isLabel = tf.equal(tf.expandDims(labels!, 1), tf.range(0, 2, 1, 'int32'));
    return tf.neg(tf.mean(tf.mul(tf.cast(isLabel, 'float32'), tf.logSoftmax(logits)))) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(loss)(w!);
  return { loss: value, w: tf.sub(w!, tf.mul(grad, 0.5)) };
};

const given = () => ({
  w: numbers(SIZE, -1, 1),
  x: numbers(20, -1, 1, 3),
  labels: Int32Array.of(0, 1, 1, 0, 1),
});

const copied = async (array: DeviceArray) => (await array.read()).slice();

/** The parameters and losses after some steps, the parameters kept on the device in between. */
async function train(engine: Engine, program: Program, steps: number) {
  const { w, ...batch } = given();
  let parameters = await engine.upload(w, [SIZE]);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const results = await program.run({ w: parameters, ...batch });
    parameters.dispose();
    parameters = results.w as DeviceArray;
    losses.push((results.loss as Float32Array)[0]!);
  }
  const last = await copied(parameters);
  parameters.dispose();
  return { losses, w: [...last] };
}

export function describeContract(name: string, engine: Engine): void {
  describe(`${name} keeps the engine's contract`, () => {
    test('training goes downhill, and says what it returns', async () => {
      const program = await engine.compile(step, signature, { keep: ['w'] });
      expect(program.outputs).toEqual({
        loss: { shape: [], dtype: 'float32' },
        w: { shape: [SIZE], dtype: 'float32' },
      });
      const { losses } = await train(engine, program, 20);
      expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.01);
      await program.dispose();
    });

    test('the same numbers, bit for bit, when run again and when compiled again', async () => {
      const [one, two] = [
        await engine.compile(step, signature, { keep: ['w'] }),
        await engine.compile(step, signature, { keep: ['w'] }),
      ];
      const first = await train(engine, one, 10);
      expect(await train(engine, one, 10)).toEqual(first);
      expect(await train(engine, two, 10)).toEqual(first);
      await one.dispose();
      await two.dispose();
    });

    test('what a run returned or kept stays as it is through later runs, and inputs stay as given', async () => {
      const program = await engine.compile(
        ({ x }) => ({ y: tf.mul(x!, 2), kept: tf.mul(x!, 3), same: x! }),
        {
          x: { shape: [3], dtype: 'float32' },
        },
        { keep: ['kept'] },
      );
      const x = Float32Array.of(1, 2, 3);
      const first = await program.run({ x });
      x.fill(10);
      const second = await program.run({ x });
      expect(first.y).toEqual(Float32Array.of(2, 4, 6));
      expect(first.same).toEqual(Float32Array.of(1, 2, 3));
      expect(await copied(first.kept as DeviceArray)).toEqual(Float32Array.of(3, 6, 9));
      expect(second.y).toEqual(Float32Array.of(20, 20, 20));
      expect(await copied(second.kept as DeviceArray)).toEqual(Float32Array.of(30, 30, 30));
      expect(x).toEqual(Float32Array.of(10, 10, 10));
      for (const { kept } of [first, second]) (kept as DeviceArray).dispose();
    });

    test('an array on the device serves several programs, as often as they like', async () => {
      const twice = await engine.compile(
        ({ a }) => ({ b: tf.mul(a!, 2) }),
        { a: { shape: [2, 2], dtype: 'float32' } },
        { keep: ['b'] },
      );
      const sum = await engine.compile(({ a, b }) => ({ sum: tf.sum(tf.add(a!, b!)) }), {
        a: { shape: [2, 2], dtype: 'float32' },
        b: { shape: [2, 2], dtype: 'float32' },
      });
      const values = Float32Array.of(1, 2, 3, 4);
      const a = await engine.upload(values, [2, 2]);
      values.fill(0);
      expect(a.shape).toEqual([2, 2]);
      const { b } = (await twice.run({ a })) as { b: DeviceArray };
      expect((await sum.run({ a, b: b! })).sum).toEqual(Float32Array.of(30));
      expect((await sum.run({ a, b: a })).sum).toEqual(Float32Array.of(20));
      expect(await copied(a)).toEqual(Float32Array.of(1, 2, 3, 4));
      for (const array of [a, b!]) array.dispose();
    });

    test('int32 arrays', async () => {
      const program = await engine.compile(
        ({ i }) => ({ next: tf.add(i!, tf.scalar(1, 'int32')) }),
        { i: { shape: [3], dtype: 'int32' } },
        { keep: ['next'] },
      );
      const start = await engine.upload(Int32Array.of(1, 2, 3), [3]);
      const { next } = (await program.run({ i: start })) as { next: DeviceArray };
      const { next: last } = (await program.run({ i: next })) as { next: DeviceArray };
      expect(await copied(last)).toEqual(Int32Array.of(3, 4, 5));
      for (const array of [start, next, last]) array.dispose();
    });

    test.each<[string, Record<string, HostArray>, RegExp]>([
      ['one missing', { x: new Float32Array(20), labels: new Int32Array(5) }, /Input w: expected 40 .*got nothing/],
      ['one too short', { ...given(), w: new Float32Array(39) }, /Input w: expected 40 .*got 39/],
      [
        'one of another dtype',
        { ...given(), labels: new Float32Array(5) },
        /Input labels: expected 5 int32 .*got 5 float32/,
      ],
    ])('inputs are checked: %s', async (_, inputs, message) => {
      const program = await engine.compile(step, signature);
      const failure = program.run(inputs);
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.toThrow(SmoothOutError);
      await expect(program.run(given())).resolves.toHaveProperty('loss');
    });

    test('a device array of another size is refused', async () => {
      const program = await engine.compile(step, signature);
      const short = await engine.upload(new Float32Array(39), [39]);
      await expect(program.run({ ...given(), w: short })).rejects.toThrow(/Input w: expected 40 .*got 39/);
      short.dispose();
    });

    test('a bool output is refused when compiled', async () => {
      const compiled = engine.compile(({ x }) => ({ positive: tf.greater(x!, 0) }), { x: signature.x });
      await expect(compiled).rejects.toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_OP', message: expect.stringMatching(/positive.*bool/) }),
      );
    });

    test('compiling and running leave tfjs as it was: the backend in force, and no tensor more', async () => {
      await tf.setBackend('cpu');
      const { numTensors } = tf.memory();
      const program = await engine.compile(step, signature);
      await program.run(given());
      const fails: TensorFunction = ({ w }) => {
        tf.square(w!);
        throw new Error('thrown while compiling');
      };
      await expect(engine.compile(fails, signature)).rejects.toThrow('thrown while compiling');
      expect(tf.getBackend()).toBe('cpu');
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    test('a function that fails while it is differentiated spoils nothing for the next', async () => {
      const fails: TensorFunction = ({ w }) => {
        const gradient = tf.grad((x) => {
          tf.split(tf.square(x), 4);
          throw new Error('thrown while compiling');
        });
        return { gradient: gradient(w!) };
      };
      const before = await (await engine.compile(step, signature)).run(given());
      await expect(engine.compile(fails, signature)).rejects.toThrow('thrown while compiling');
      const after = await (await engine.compile(step, signature)).run(given());
      expect(after).toEqual(before);
    });
  });
}
