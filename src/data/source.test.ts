import { beforeAll, describe, expect, test } from 'vitest';
import { openDataset } from './open.js';
import { firstImages, holdOut, type ImageSource } from './source.js';
import { expectError, writeMnist } from './testing/fixtures.js';

let source: ImageSource;
beforeAll(async () => {
  source = (await openDataset('mnist', { directory: await writeMnist(500, 10) })).train;
});

/** The index of every image in the original, read off its first pixel (image i starts with i mod 256) and order. */
async function contents(part: ImageSource): Promise<string[]> {
  const out = new Float32Array(part.count * 784);
  await part.read(
    Uint32Array.from({ length: part.count }, (_, i) => i),
    out,
  );
  return Array.from(
    { length: part.count },
    (_, i) => `${Math.round((out[i * 784]! / 2 + 0.5) * 255)} ${part.labels[i]}`,
  );
}

describe('firstImages', () => {
  test('are the first, with their labels', async () => {
    const first = firstImages(source, 12);
    expect(first).toMatchObject({ count: 12, classes: 10, shape: source.shape });
    expect(await contents(first)).toEqual((await contents(source)).slice(0, 12));
  });

  test('are the whole source where it has no more', () => {
    expect(firstImages(source, 500)).toBe(source);
    expect(firstImages(source, 501)).toBe(source);
  });

  test('beyond the subset there is nothing', async () => {
    const first = firstImages(source, 12);
    await expect(first.read(Uint32Array.of(12), new Float32Array(784))).rejects.toThrow('no image 12, there are 12');
  });

  test('keep their augmentation', async () => {
    const { heldOut } = holdOut(source, 50, 0);
    const stream = { seed: 1, purpose: 'augmentation', epoch: 0 } as const;
    const [through, direct] = [new Float32Array(784), new Float32Array(784)];
    await heldOut.read(Uint32Array.of(3), through, stream);
    const plain = new Float32Array(784);
    await heldOut.read(Uint32Array.of(3), plain);
    const first = Math.round((plain[0]! / 2 + 0.5) * 255);
    const index = [first, first + 256].find((i) => i < 500 && source.labels[i] === heldOut.labels[3])!;
    await source.read(Uint32Array.of(index), direct, stream);
    expect(through).toEqual(direct);
  });
});

describe('holdOut', () => {
  test('splits the source in two, every class in proportion', async () => {
    const { train, heldOut } = holdOut(source, 103, 7);
    expect([train.count, heldOut.count]).toEqual([397, 103]);
    expect([...(await contents(train)), ...(await contents(heldOut))].sort()).toEqual((await contents(source)).sort());
    for (let label = 0; label < 10; label++) {
      const held = heldOut.labels.filter((each) => each === label).length;
      expect(held === 10 || held === 11).toBe(true);
    }
  });

  test('depends on the seed alone', async () => {
    const [a, b, c] = [holdOut(source, 50, 1), holdOut(source, 50, 1), holdOut(source, 50, 2)];
    expect(await contents(a.heldOut)).toEqual(await contents(b.heldOut));
    expect(await contents(a.heldOut)).not.toEqual(await contents(c.heldOut));
  });

  test('takes images from everywhere, not the first of each class', async () => {
    const held = await contents(holdOut(source, 100, 3).heldOut);
    expect(held).not.toEqual((await contents(source)).slice(0, 100));
  });

  test.each([0, -1, 1.5, 500, 501, Number.NaN])('refuses %d images', async (count) => {
    await expectError((async () => holdOut(source, count, 0))(), 'CONFIG_INVALID', `holdout:${count}`, '1 to 499');
  });
});
