import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { buildModel, type ModelName, type ModelOptions } from '../../../nn/model.js';
import { testInputs } from '../../../nn/testing/fill.js';
import { goldenFunction } from '../../../nn/testing/golden.js';
import type { DeviceArray, Program, TensorFunction, Value } from '../../engine.js';
import { createOnnxEngine } from '../../onnx/cpu/engine.js';

const square = (channels: number, side: number) => ({ channels, height: side, width: side });

const MODELS: readonly [name: ModelName, options: ModelOptions, batch: number][] = [
  ['f1', { classes: 10, inputShape: square(1, 8) }, 300],
  ['c1', { classes: 10, inputShape: square(3, 15) }, 16],
  ['resnet44', { classes: 10, inputShape: square(3, 16) }, 16],
];

// On several threads: a sum shared out between them must not depend on which of them is first.
test.each(MODELS)(
  '%s: loss and gradient are the same bits when run again and when compiled again',
  async (name, options, batch) => {
    const model = buildModel(name, options);
    const { dropout: _, ...inputs } = testInputs(model, batch, 3);
    const values = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.values]));
    const results: Record<string, Value>[] = [];
    for (let compiled = 0; compiled < 2; compiled++) {
      const program = await createOnnxEngine({ threads: 2 }).compile(goldenFunction(model, 'batch'), inputs);
      for (let time = 0; time < 3; time++) results.push(await program.run(values));
      await program.dispose();
    }
    const [first, ...others] = results;
    for (const other of others) {
      for (const key of Object.keys(first!))
        expect(Buffer.compare(bytes(first![key]!), bytes(other[key]!)), key).toBe(0);
    }
  },
);

const bytes = (value: Value) => {
  const { buffer, byteOffset, byteLength } = value as Float32Array;
  return Buffer.from(buffer, byteOffset, byteLength);
};

const MEGABYTE = 2 ** 20;
/** Parameters of a perceptron that take 4 MB: a step that kept one copy of them would hold 800 MB after 200 steps. */
const HIDDEN = 1000;

test('200 steps take no more memory than 20', async () => {
  const model = buildModel('mlp', { classes: 10, inputShape: square(1, 7), hidden: [HIDDEN, HIDDEN] });
  const { dropout: _, ...inputs } = testInputs(model, 4, 1);
  const step: TensorFunction = (given) => {
    const { loss, gradient } = goldenFunction(model, 'batch')(given) as Record<string, tf.Tensor>;
    return { loss: loss!, parameters: tf.sub(given.parameters!, tf.mul(gradient!, 1e-3)) };
  };
  const program = await createOnnxEngine().compile(step, inputs, { keep: ['parameters'] });
  const values = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.values]));
  let parameters: Value = inputs.parameters.values;
  const run = async (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const results: Record<string, Value> = await program.run({ ...values, parameters });
      if ('dispose' in parameters) parameters.dispose();
      parameters = results.parameters as DeviceArray;
    }
    return process.memoryUsage();
  };
  const early = await run(20);
  const late = await run(180);
  expect((late.rss - early.rss) / MEGABYTE).toBeLessThan(100);
  expect((late.arrayBuffers - early.arrayBuffers) / MEGABYTE).toBeLessThan(50);
  await program.dispose();
});

test('a program that is disposed gives its memory back', async () => {
  const engine = createOnnxEngine();
  // A constant of 16 MB in each program: 12 of them that stayed would be 192 MB and more.
  const fn: TensorFunction = ({ x }) => ({
    y: tf.matMul(x!, tf.tensor2d(new Float32Array(4 * MEGABYTE).fill(1), [2048, 2048])),
  });
  // Held, so that it is dispose that frees the memory and not the garbage collector.
  const programs: Program[] = [];
  const compileAndRun = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const program = await engine.compile(fn, { x: { shape: [1, 2048], dtype: 'float32' } });
      await program.run({ x: new Float32Array(2048) });
      await program.dispose();
      programs.push(program);
    }
    return process.memoryUsage().rss / MEGABYTE;
  };
  const early = await compileAndRun(3);
  expect((await compileAndRun(12)) - early).toBeLessThan(120);
});
