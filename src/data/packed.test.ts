import { describe, expect, test } from 'vitest';
import type { Stream } from '../support/random.js';
import { packedSource } from './packed.js';
import { MNIST_NORMALISATION } from './preprocessing.js';
import { pixels } from './testing/fixtures.js';

const SIDE = 6;
const COUNT = 300;
const augmentation: Stream = { seed: 1, purpose: 'augmentation', epoch: 1 };

/** The same images; at an odd address where `shift` is 1, so that they cannot be read in pairs. */
function source(shift: number) {
  const bytes = new Uint8Array(shift + COUNT * SIDE * SIDE);
  bytes.set(pixels(COUNT, SIDE * SIDE), shift);
  return packedSource({
    name: 'test images',
    classes: 2,
    shape: { channels: 1, height: SIDE, width: SIDE },
    labels: new Int32Array(COUNT),
    bytes: bytes.subarray(shift),
    start: 0,
    stride: SIDE * SIDE,
    normalisation: MNIST_NORMALISATION,
  });
}

const read = async (shift: number, indices: number[], offset = 0, stream?: Stream) => {
  const out = new Float32Array(offset + indices.length * SIDE * SIDE).subarray(offset);
  await source(shift).read(Uint32Array.from(indices), out, stream);
  return out;
};

describe('images in memory', () => {
  const indices = [0, 299, 7, 7, 255, 256];

  test('are normalised bit for bit the same in pairs, singly, and into any buffer', async () => {
    const expected = Float32Array.from(
      indices.flatMap((i) => Array.from({ length: 36 }, (_, k) => i + k)),
      (v) => ((v % 256) / 255 - 0.5) / 0.5,
    );
    for (const [shift, offset] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      expect(await read(shift, indices, offset)).toEqual(expected);
    }
  });

  test('are augmented by their index alone', async () => {
    const together = await read(0, [5, 9, 200], 0, augmentation);
    const apart = await read(1, [200], 0, augmentation);
    expect(together.subarray(72)).toEqual(apart);
    expect(apart).not.toEqual(await read(0, [200]));
  });

  test('refuse an index or a buffer that does not fit', async () => {
    await expect(source(0).read(Uint32Array.of(300), new Float32Array(36))).rejects.toThrow(
      'no image 300, there are 300',
    );
    await expect(source(0).read(Uint32Array.of(1), new Float32Array(37))).rejects.toThrow(
      'need 36 numbers, the buffer has 37',
    );
  });
});
