import { beforeAll, describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { permutation } from '../support/random.js';
import { batches } from './batches.js';
import { openDataset } from './open.js';
import type { ImageSource } from './source.js';
import { writeMnist } from './testing/fixtures.js';

let source: ImageSource;
beforeAll(async () => {
  source = (await openDataset('mnist', { directory: await writeMnist(50, 10) })).train;
});

/** Which image each one of a batch is: image i starts with byte i. */
const imagesIn = (images: Float32Array) =>
  Array.from({ length: images.length / 784 }, (_, i) => Math.round((images[i * 784]! / 2 + 0.5) * 255));
const shuffle = { seed: 4, purpose: 'shuffle', epoch: 2 } as const;

describe('batches', () => {
  test.each([
    [7, [7, 7, 7, 7, 7, 7, 7, 1]],
    [25, [25, 25]],
    [50, [50]],
    [64, [50]],
  ])('of %d: every image once, in order, the last batch short', async (batchSize, sizes) => {
    const seen: number[] = [];
    const counts: number[] = [];
    for await (const { images, labels, count } of batches(source, { batchSize })) {
      expect([images.length, labels.length]).toEqual([count * 784, count]);
      const indices = imagesIn(images);
      expect([...labels]).toEqual(indices.map((i) => i % 10));
      seen.push(...indices);
      counts.push(count);
    }
    expect(counts).toEqual(sizes);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('shuffled: the stream’s permutation', async () => {
    const seen: number[] = [];
    for await (const { images } of batches(source, { batchSize: 8, shuffle })) seen.push(...imagesIn(images));
    expect(seen).toEqual([...permutation(shuffle, 50)]);
  });

  test('skipped: those that an interrupted epoch has seen', async () => {
    const seen: number[] = [];
    for await (const { images } of batches(source, { batchSize: 8, shuffle, skip: 4 })) seen.push(...imagesIn(images));
    expect(seen).toEqual([...permutation(shuffle, 50).subarray(32)]);
  });

  test('cut: each batch in parts of the sizes asked for', async () => {
    const seen: number[] = [];
    const counts: number[] = [];
    const cut = (count: number) => [3, count - 3];
    for await (const { images, count } of batches(source, { batchSize: 20, cut, skip: 1 })) {
      seen.push(...imagesIn(images));
      counts.push(count);
    }
    expect(counts).toEqual([3, 17, 3, 7]);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 20));
  });

  test('augmented: as the source does it', async () => {
    const augmentation = { seed: 4, purpose: 'augmentation', epoch: 2 } as const;
    const expected = new Float32Array(50 * 784);
    await source.read(permutation(shuffle, 50), expected, augmentation);
    const all: number[] = [];
    for await (const { images } of batches(source, { batchSize: 20, shuffle, augmentation })) all.push(...images);
    expect(Float32Array.from(all)).toEqual(expected);
  });

  test('a batch is whole until the second next one is asked for, and buffers are few', async () => {
    const buffers = new Set<ArrayBufferLike>();
    let previous: { images: Float32Array; first: number } | undefined;
    for await (const { images } of batches(source, { batchSize: 4 })) {
      if (previous) expect(imagesIn(previous.images)[0]).toBe(previous.first);
      previous = { images, first: imagesIn(images)[0]! };
      buffers.add(images.buffer);
    }
    expect(buffers.size).toBe(3);
  });

  test('the next batch is read while this one is used', async () => {
    const asked: number[] = [];
    const slow: ImageSource = {
      ...source,
      read: (indices, out) => {
        asked.push(indices[0]!);
        return source.read(indices, out);
      },
    };
    const generator = batches(slow, { batchSize: 10 });
    await generator.next();
    expect(asked).toEqual([0, 10]);
    await generator.return();
    expect(asked).toEqual([0, 10]);
  });

  test('an image that cannot be read fails the batch it is in, not the one before', async () => {
    const broken: ImageSource = {
      ...source,
      read: (indices, out) =>
        indices.includes(15)
          ? Promise.reject(new SmoothOutError('DATA_CORRUPT', 'image 15'))
          : source.read(indices, out),
    };
    const generator = batches(broken, { batchSize: 10 });
    expect((await generator.next()).value?.count).toBe(10);
    await expect(generator.next()).rejects.toThrow('image 15');
    // Stopping before the broken batch is asked for is no error.
    const stopped = batches(broken, { batchSize: 10 });
    await stopped.next();
    expect(await stopped.return()).toEqual({ value: undefined, done: true });
  });
});
