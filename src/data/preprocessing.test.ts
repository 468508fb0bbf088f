import { describe, expect, test } from 'vitest';
import type { Stream } from '../support/random.js';
import { cropPlane, MNIST_NORMALISATION, packedSource, randomCrop } from './preprocessing.js';
import { pixels } from './testing/fixtures.js';

const [HEIGHT, WIDTH] = [6, 5];
const bytes = Uint8Array.from({ length: 3 + HEIGHT * WIDTH }, (_, i) => 40 + i);
const table = Float32Array.from({ length: 256 }, (_, value) => value);

/** Pads with 127, crops and flips, in the plainest way. */
function reference(top: number, left: number, flip: boolean): number[] {
  const padded = (y: number, x: number) =>
    y < 4 || y >= 4 + HEIGHT || x < 4 || x >= 4 + WIDTH ? 127 : bytes[3 + (y - 4) * WIDTH + x - 4]!;
  return Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const x = i % WIDTH;
    return padded(top + Math.floor(i / WIDTH), left + (flip ? WIDTH - 1 - x : x));
  });
}

test('a padded crop is what padding, cropping and flipping give, at all 162 places', () => {
  for (let top = 0; top <= 8; top++) {
    for (let left = 0; left <= 8; left++) {
      for (const flip of [false, true]) {
        const out = new Float32Array(2 + HEIGHT * WIDTH).fill(-1);
        const plane = { bytes, from: 3, step: 1, height: HEIGHT, width: WIDTH };
        cropPlane(table, plane, { top: top - 4, left: left - 4, flip }, out, 2, HEIGHT, WIDTH);
        expect([top, left, flip, ...out]).toEqual([top, left, flip, -1, -1, ...reference(top, left, flip)]);
      }
    }
  }
});

describe('random crops', () => {
  const crops = (stream: Stream, count: number) => Array.from({ length: count }, (_, i) => randomCrop(stream, i, 9, 9));
  const stream: Stream = { seed: 3, purpose: 'augmentation', epoch: 2 };

  test('are uniform over places and flips', () => {
    const count = 20_000;
    const drawn = crops(stream, count);
    const tallies = [drawn.map(({ top }) => top), drawn.map(({ left }) => left)].map((values) =>
      Array.from({ length: 9 }, (_, place) => values.filter((value) => value === place).length),
    );
    // Chi-squared with 8 degrees of freedom: 26.1 has probability 0.001.
    for (const tally of tallies) {
      const chiSquared = tally.reduce((sum, n) => sum + (n - count / 9) ** 2 / (count / 9), 0);
      expect(chiSquared).toBeLessThan(26.1);
    }
    const flips = drawn.filter(({ flip }) => flip).length;
    expect(Math.abs(flips - count / 2)).toBeLessThan(3.3 * Math.sqrt(count / 4));
  });

  test('differ between epochs, seeds and images, and repeat for the same', () => {
    expect(crops(stream, 50)).toEqual(crops({ ...stream }, 50));
    expect(crops(stream, 50)).not.toEqual(crops({ ...stream, epoch: 3 }, 50));
    expect(crops(stream, 50)).not.toEqual(crops({ ...stream, seed: 4 }, 50));
    expect(new Set(crops(stream, 50).map((crop) => JSON.stringify(crop))).size).toBeGreaterThan(30);
  });
});

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
