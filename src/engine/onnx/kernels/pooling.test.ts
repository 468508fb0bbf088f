import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../cpu/engine.js';

const engine = createOnnxEngine();

async function outputsOf(fn: (x: tf.Tensor4D, dy: tf.Tensor) => Record<string, tf.Tensor>, side: number, out: number) {
  const signature = {
    x: { shape: [1, side, side, 1], dtype: 'float32' },
    dy: { shape: [1, out, out, 1], dtype: 'float32' },
  } as const;
  const program = await engine.compile(({ x, dy }) => fn(x as tf.Tensor4D, dy!), signature);
  return async (x: Float32Array, dy: Float32Array) => (await program.run({ x, dy })) as Record<string, Float32Array>;
}

const oneAt = (at: number, size: number) => Float32Array.from({ length: size }, (_, i) => Number(i === at));

// tfjs's own kernels divide by the whole window at a border, so they are no oracle: but pooling is linear, and the
// gradient of a linear map is its transpose.
test.each([
  [5, 3, 2, 'same'],
  [4, 2, 3, 'same'],
  [5, 3, 1, 'same'],
  [6, 3, 2, 1],
  [5, 4, 2, 'same'],
] as const)(
  'side %i, window %i, stride %i, pad %s: the gradient of average pooling is its transpose',
  async (side, window, stride, pad) => {
    const out = tf.backend_util.computePool2DInfo([1, side, side, 1], window, stride, 1, pad).outHeight;
    const run = await outputsOf(
      (x, dy) => {
        const pool = (images: tf.Tensor) => tf.avgPool(images as tf.Tensor4D, window, stride, pad);
        return { y: pool(x), dx: tf.grad(pool)(x, dy) };
      },
      side,
      out,
    );
    for (let place = 0; place < out ** 2; place++) {
      const { dx } = await run(new Float32Array(side ** 2), oneAt(place, out ** 2));
      for (let i = 0; i < side ** 2; i++) {
        const { y } = await run(oneAt(i, side ** 2), new Float32Array(out ** 2));
        expect(dx![i]).toBeCloseTo(y![place]!, 6);
      }
    }
  },
);

test('equal values in a window: the first of them, rows before columns, gets the gradient', async () => {
  const run = await outputsOf(
    (x, dy) => ({ dx: tf.grad((i) => tf.maxPool(i as tf.Tensor4D, 2, 2, 'valid'))(x, dy) }),
    4,
    2,
  );
  const { dx } = await run(new Float32Array(16), Float32Array.of(1, 2, 3, 4));
  expect([...dx!]).toEqual([1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
});
