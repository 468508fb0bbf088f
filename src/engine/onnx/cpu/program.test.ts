import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createOnnxEngine } from './engine.js';

const engine = createOnnxEngine({ threads: 1 });
const signature = {
  x: { shape: [3], dtype: 'float32' },
  places: { shape: [2], dtype: 'int32' },
} as const;

test('what fails while it runs is reported, and the program can be run again', async () => {
  const program = await engine.compile(({ x, places }) => ({ y: tf.gather(x!, places as tf.Tensor1D) }), signature);
  const x = Float32Array.of(1, 2, 3);
  await expect(program.run({ x, places: Int32Array.of(0, 9) })).rejects.toThrow(/indices|out of/);
  expect(await program.run({ x, places: Int32Array.of(2, 0) })).toEqual({ y: Float32Array.of(3, 1) });
  await program.dispose();
});

test('a run does not change what an earlier one returned', async () => {
  const program = await engine.compile(({ x, places }) => ({ y: tf.add(x!, tf.sum(places!)) }), signature);
  const run = async (place: number) => program.run({ x: new Float32Array(3), places: Int32Array.of(place, 0) });
  const [first, second] = [await run(1), await run(2)];
  expect([first.y, second.y]).toEqual([new Float32Array(3).fill(1), new Float32Array(3).fill(2)]);
  await program.dispose();
});

test.each([1, 2])('what is below the normal numbers of float32 is zero, on %i threads', async (threads) => {
  const size = 2 ** 16;
  const x = { shape: [size], dtype: 'float32' } as const;
  const program = await createOnnxEngine({ threads }).compile(({ x }) => ({ y: tf.mul(x, 0.5) }), { x });
  const smallest = 2 ** -126;
  expect((await program.run({ x: new Float32Array(size).fill(smallest) })).y).toEqual(new Float32Array(size));
  const { y } = await program.run({ x: new Float32Array(size).fill(2 * smallest) });
  expect(y).toEqual(new Float32Array(size).fill(smallest));
  await program.dispose();
});
