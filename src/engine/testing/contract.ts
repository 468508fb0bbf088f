/** What every engine promises besides the numbers: src/engine/engine.ts in tests. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../../support/errors.js';
import { type DeviceArray, type Engine, float, type HostArray, sumOf, type TensorsOf } from '../engine.js';
import { numbers } from './case.js';

const SIZE = 40;
const specs = { w: float(SIZE), x: float(5, 4), labels: { shape: [5], dtype: 'int32' } } as const;

/** One step of gradient descent on a small network whose parameters are one vector. */
function step({ w, x, labels }: TensorsOf<typeof specs>) {
  const loss = (parameters: tf.Tensor) => {
    const [first, second] = tf.split(parameters, [28, 12]) as [tf.Tensor, tf.Tensor];
    const hidden = tf.tanh(tf.matMul(x, tf.reshape(first, [7, 4]), false, true));
    const logits = tf.matMul(tf.slice(hidden, [0, 0], [5, 6]), tf.reshape(second, [6, 2]));
    const isLabel = tf.equal(tf.expandDims(labels, 1), tf.range(0, 2, 1, 'int32'));
    return tf.neg(tf.mean(tf.mul(tf.cast(isLabel, 'float32'), tf.logSoftmax(logits)))) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(loss)(w);
  return { loss: value, w: tf.sub(w, tf.mul(grad, 0.5)) };
}

const compileStep = (engine: Engine) => engine.compile(step, specs, { keep: ['w'] });

const given = () => ({
  w: numbers(SIZE, -1, 1),
  x: numbers(20, -1, 1, 3),
  labels: Int32Array.of(0, 1, 1, 0, 1),
});

const copied = async (array: DeviceArray) => (await array.read()).slice();

/** The parameters and losses after some steps, the parameters kept on the device in between. */
async function train(engine: Engine, program: Awaited<ReturnType<typeof compileStep>>, steps: number) {
  const { w, ...batch } = given();
  let parameters = await engine.upload(w, [SIZE]);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const results = await program.run({ w: parameters, ...batch });
    parameters.dispose();
    parameters = results.w;
    losses.push(sumOf(results.loss));
  }
  const last = await copied(parameters);
  parameters.dispose();
  return { losses, w: [...last] };
}

/** Batches that differ, in arrays that are used again for the next one. */
async function* batches(count: number) {
  const { x, labels } = given();
  for (let i = 0; i < count; i++) {
    x.set(numbers(20, -1, 1, 20 * i));
    labels[i % 5] = 1 - labels[i % 5]!;
    yield { x, labels };
  }
}

export function describeContract(name: string, engine: Engine): void {
  describe(`${name} keeps the engine's contract`, () => {
    test('training goes downhill', async () => {
      const program = await compileStep(engine);
      const { losses } = await train(engine, program, 20);
      expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.01);
      await program.dispose();
    });

    test('the same numbers, bit for bit, when run again and when compiled again', async () => {
      const [one, two] = [await compileStep(engine), await compileStep(engine)];
      const first = await train(engine, one, 10);
      expect(await train(engine, one, 10)).toEqual(first);
      expect(await train(engine, two, 10)).toEqual(first);
      await one.dispose();
      await two.dispose();
    });

    test('what a run returned or kept stays as it is through later runs, and inputs stay as given', async () => {
      const program = await engine.compile(
        ({ x }) => ({ y: tf.mul(x, 2), kept: tf.mul(x, 3), same: x }),
        { x: float(3) },
        { keep: ['kept'] },
      );
      const x = Float32Array.of(1, 2, 3);
      const first = await program.run({ x });
      x.fill(10);
      const second = await program.run({ x });
      expect(first.y).toEqual(Float32Array.of(2, 4, 6));
      expect(first.same).toEqual(Float32Array.of(1, 2, 3));
      expect(await copied(first.kept)).toEqual(Float32Array.of(3, 6, 9));
      expect(second.y).toEqual(Float32Array.of(20, 20, 20));
      expect(await copied(second.kept)).toEqual(Float32Array.of(30, 30, 30));
      expect(x).toEqual(Float32Array.of(10, 10, 10));
      for (const { kept } of [first, second]) kept.dispose();
    });

    test('an array on the device serves several programs, as often as they like', async () => {
      const twice = await engine.compile(({ a }) => ({ b: tf.mul(a, 2) }), { a: float(2, 2) }, { keep: ['b'] });
      const sum = await engine.compile(({ a, b }) => ({ sum: tf.sum(tf.add(a, b)) }), {
        a: float(2, 2),
        b: float(2, 2),
      });
      const values = Float32Array.of(1, 2, 3, 4);
      const a = await engine.upload(values, [2, 2]);
      values.fill(0);
      expect(a.shape).toEqual([2, 2]);
      const { b } = await twice.run({ a });
      expect((await sum.run({ a, b })).sum).toEqual(Float32Array.of(30));
      expect((await sum.run({ a, b: a })).sum).toEqual(Float32Array.of(20));
      expect(await copied(a)).toEqual(Float32Array.of(1, 2, 3, 4));
      for (const array of [a, b]) array.dispose();
    });

    test('int32 inputs', async () => {
      const fn = ({ i }: { readonly i: tf.Tensor }) => ({ half: tf.div(tf.cast(i, 'float32'), 2) });
      const program = await engine.compile(fn, { i: { shape: [3], dtype: 'int32' } });
      expect((await program.run({ i: Int32Array.of(1, 2, 3) })).half).toEqual(Float32Array.of(0.5, 1, 1.5));
    });

    test('names in groups go in and come out, whole groups are kept, and empty ones are there', async () => {
      const program = await engine.compile(
        ({ state: { a, more }, none }) => ({
          state: { a: tf.add(a, 1), more: { b: tf.mul(more.b, 2) } },
          count: tf.scalar(Object.keys(none).length),
        }),
        { state: { a: float(2), more: { b: float() } }, none: {} },
        { keep: ['state'] },
      );
      const state = { a: Float32Array.of(1, 2), more: { b: Float32Array.of(3) } };
      const first = await program.run({ state, none: {} });
      const { state: last, count } = await program.run({ state: first.state, none: {} });
      expect(count).toEqual(Float32Array.of(0));
      expect([...(await copied(last.a)), ...(await copied(last.more.b))]).toEqual([3, 4, 12]);
    });

    test('runs one after another come to the same as single ones, bit for bit, however many are one call', async () => {
      const COUNT = 19;
      const program = await compileStep(engine);
      let w: HostArray | DeviceArray = given().w;
      const expected: number[] = [];
      for await (const batch of batches(COUNT)) {
        const results: { w: DeviceArray; loss: Float32Array } = await program.run({ w, ...batch });
        w = results.w;
        expected.push(...results.loss);
      }
      const losses: number[] = [];
      let last: DeviceArray | undefined;
      for await (const { loss, w: after } of program.runs({ w: given().w }, batches(COUNT))) {
        losses.push(...loss);
        last = after;
      }
      expect(losses).toEqual(expected);
      expect(await copied(last!)).toEqual(await copied(w as DeviceArray));
      await program.dispose();
    });

    test('what all runs share is given once', async () => {
      const program = await compileStep(engine);
      const { w, x, labels } = given();
      async function* labelsOnly() {
        yield { labels };
        yield { labels: labels.map((label) => 1 - label) };
      }
      const losses: number[] = [];
      for await (const { loss } of program.runs({ w, x }, labelsOnly())) losses.push(...loss);
      const first = await program.run({ w, x, labels });
      const second = await program.run({ w: first.w, x, labels: labels.map((label) => 1 - label) });
      expect(losses).toEqual([...first.loss, ...second.loss]);
      await program.dispose();
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
      const program = await engine.compile(step, specs);
      const failure = program.run(inputs as ReturnType<typeof given>);
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.toThrow(SmoothOutError);
      await expect(program.run(given())).resolves.toHaveProperty('loss');
    });

    test('a device array of another size is refused', async () => {
      const program = await engine.compile(step, specs);
      const short = await engine.upload(new Float32Array(39), [39]);
      await expect(program.run({ ...given(), w: short })).rejects.toThrow(/Input w: expected 40 .*got 39/);
      short.dispose();
    });

    // Made where they are returned: a rejected promise that exists before would fail on its own.
    test.each<[string, () => unknown]>([
      ['a promise', () => Promise.reject(new Error('of a promise that nobody waits for'))],
      ['nothing', () => undefined],
      ['no tensor', () => ({})],
      ['a number', () => ({ y: 3 })],
      ['a tensor without a name', () => tf.scalar(1)],
    ])('a function that returns %s is refused', async (_, result) => {
      await expect(engine.compile(result as never, specs)).rejects.toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED_OP',
          message: expect.stringMatching(/A traced function returns/),
        }),
      );
    });

    test('a bool output is refused when compiled', async () => {
      const compiled = engine.compile(({ x }) => ({ positive: tf.greater(x, 0) }), { x: specs.x });
      await expect(compiled).rejects.toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_OP', message: expect.stringMatching(/positive.*bool/) }),
      );
    });

    test('compiling and running leave tfjs as it was: the backend in force, and no tensor more', async () => {
      await tf.setBackend('cpu');
      const { numTensors } = tf.memory();
      const program = await engine.compile(step, specs);
      await program.run(given());
      const fails = ({ w }: TensorsOf<typeof specs>) => {
        tf.square(w);
        throw new Error('thrown while compiling');
      };
      await expect(engine.compile(fails, specs)).rejects.toThrow('thrown while compiling');
      expect(tf.getBackend()).toBe('cpu');
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    test('a function that fails while it is differentiated spoils nothing for the next', async () => {
      const fails = ({ w }: TensorsOf<typeof specs>) => {
        const gradient = tf.grad((x) => {
          tf.split(tf.square(x), 4);
          throw new Error('thrown while compiling');
        });
        return { gradient: gradient(w) };
      };
      const before = await (await engine.compile(step, specs)).run(given());
      await expect(engine.compile(fails, specs)).rejects.toThrow('thrown while compiling');
      const after = await (await engine.compile(step, specs)).run(given());
      expect(after).toEqual(before);
    });
  });
}
