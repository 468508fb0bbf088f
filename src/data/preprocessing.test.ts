import { describe, expect, test } from 'vitest';
import type { Stream } from '../support/random.js';
import { augmentationWords, cropPaddedPlane, PADDED_CROP_POSITIONS, randomCrop } from './preprocessing.js';

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
  for (let top = 0; top < PADDED_CROP_POSITIONS; top++) {
    for (let left = 0; left < PADDED_CROP_POSITIONS; left++) {
      for (const flip of [false, true]) {
        const out = new Float32Array(2 + HEIGHT * WIDTH).fill(-1);
        cropPaddedPlane(table, bytes, 3, HEIGHT, WIDTH, { top, left, flip }, out, 2);
        expect([top, left, flip, ...out]).toEqual([top, left, flip, -1, -1, ...reference(top, left, flip)]);
      }
    }
  }
});

describe('random crops', () => {
  const crops = (stream: Stream, count: number) =>
    Array.from({ length: count }, (_, i) => randomCrop(augmentationWords(stream, i, new Uint32Array(4)), 9, 9));
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
