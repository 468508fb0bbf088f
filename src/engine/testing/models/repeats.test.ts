import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { buildModel, type ModelName, type ModelOptions } from '../../../nn/model.js';
import { testInputs } from '../../../nn/testing/fill.js';
import { goldenFunction, valuesOf } from '../../../nn/testing/golden.js';
import { float, type Value } from '../../engine.js';
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
    const model = await buildModel(name, options);
    const { dropout: _, ...inputs } = testInputs(model, batch, 3);
    const results: Readonly<Record<string, Float32Array>>[] = [];
    for (let compiled = 0; compiled < 2; compiled++) {
      const program = await createOnnxEngine({ threads: 2 }).compile(goldenFunction(model, 'batch'), inputs);
      for (let time = 0; time < 3; time++) results.push(await program.run(valuesOf(inputs)));
      await program.dispose();
    }
    const [first, ...others] = results;
    for (const other of others) {
      for (const key of Object.keys(first!))
        expect(Buffer.compare(bytes(first![key]!), bytes(other[key]!)), key).toBe(0);
    }
  },
);

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

const MEGABYTE = 2 ** 20;
/** Parameters of a perceptron that take 4 MB: a step that kept one copy of them would hold 800 MB after 200 steps. */
const HIDDEN = 1000;

test('200 steps take no more memory than 20', async () => {
  const model = await buildModel('mlp', { classes: 10, inputShape: square(1, 7), hidden: [HIDDEN, HIDDEN] });
  const { dropout: _, ...inputs } = testInputs(model, 4, 1);
  const evaluate = goldenFunction(model, 'batch');
  const program = await createOnnxEngine().compile(
    (tensors: Parameters<typeof evaluate>[0]) => {
      const { loss, gradient } = evaluate(tensors);
      return { loss, parameters: tf.sub(tensors.parameters, tf.mul(gradient, 1e-3)) };
    },
    inputs,
    { keep: ['parameters'] },
  );
  const given = valuesOf(inputs);
  let parameters: Value = inputs.parameters.values;
  const run = async (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const results = await program.run({ ...given, parameters });
      if ('dispose' in parameters) parameters.dispose();
      parameters = results.parameters;
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
  const compile = () =>
    engine.compile(
      ({ x }) => ({ y: tf.matMul(x, tf.tensor2d(new Float32Array(4 * MEGABYTE).fill(1), [2048, 2048])) }),
      { x: float(1, 2048) },
    );
  // Held, so that it is dispose that frees the memory and not the garbage collector.
  const programs: Awaited<ReturnType<typeof compile>>[] = [];
  const compileAndRun = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const program = await compile();
      await program.run({ x: new Float32Array(2048) });
      await program.dispose();
      programs.push(program);
    }
    return process.memoryUsage().rss / MEGABYTE;
  };
  const early = await compileAndRun(3);
  expect((await compileAndRun(12)) - early).toBeLessThan(120);
});

test.runIf(existsSync('/proc/self/fd'))('50 compilations leave no threads and no open files', async () => {
  const engine = createOnnxEngine({ threads: 3 });
  const compileAndRun = async (size: number) => {
    const program = await engine.compile(({ x }) => ({ y: tf.mul(x, x) }), { x: float(1, size) });
    await program.run({ x: new Float32Array(size) });
    await program.dispose();
  };
  const open = () => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
  await compileAndRun(1);
  const before = open();
  for (let size = 2; size <= 51; size++) await compileAndRun(size);
  expect(open()).toEqual(before);
});
