import { copyFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { batches } from './batches.js';
import { inspectDataset, officialPlace, openDataset } from './open.js';
import { expectError, temporaryFolder } from './testing/fixtures.js';
import { realData } from './testing/real-data.js';

const real = await realData('imagenet');
const CLASSES = ['n00000001', 'n00000002', 'n00000003'];

/** A JPEG of one colour, or grey. */
async function writeJpeg(file: string, width: number, height: number, colour: [number, number, number]): Promise<void> {
  const [r, g, b] = colour;
  await sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .jpeg({ quality: 100 })
    .toFile(file);
}

/** Three classes of `perClass` training and one validation image each, in colours by class. */
async function writeImageNet(perClass = 2): Promise<string> {
  const root = await temporaryFolder();
  for (const [label, wnid] of CLASSES.entries()) {
    for (const [split, count] of [
      ['train', perClass],
      ['val', 1],
    ] as const) {
      await mkdir(join(root, split, wnid), { recursive: true });
      for (let i = 0; i < count; i++) {
        await writeJpeg(join(root, split, wnid, `${wnid}_${i}.JPEG`), 300 + 50 * i, 260, [80 * label, 40, 200]);
      }
    }
  }
  return root;
}

const PLANE = 224 * 224;
const normalised = (value: number, channel: number) =>
  (value / 255 - [0.485, 0.456, 0.406][channel]!) / [0.229, 0.224, 0.225][channel]!;

describe('ImageNet folders', () => {
  let root: string;
  beforeEach(async () => {
    root = await writeImageNet();
  });
  const open = () => openDataset('imagenet', { directory: root });
  const inspect = async () => (await inspectDataset(officialPlace('imagenet', root)))!;
  const firstTrain = () => join(root, 'train', CLASSES[0]!, `${CLASSES[0]}_0.JPEG`);

  test('give classes in the order of their names, taking turns', async () => {
    const { train, test: val, directory } = await open();
    expect({ directory, classes: train.classes, shape: train.shape }).toEqual({
      directory: root,
      classes: 3,
      shape: { channels: 3, height: 224, width: 224 },
    });
    expect([...train.labels]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...val.labels]).toEqual([0, 1, 2]);
  });

  test('are decoded to the right colours, channel by channel', async () => {
    const { train } = await open();
    const out = new Float32Array(2 * 3 * PLANE);
    await train.read(Uint32Array.of(2, 1), out);
    for (const [position, label] of [2, 1].entries()) {
      for (const [channel, value] of [80 * label, 40, 200].entries()) {
        const at = (position * 3 + channel) * PLANE;
        for (const k of [0, 777, PLANE - 1]) expect(out[at + k]).toBeCloseTo(normalised(value, channel), 1);
      }
    }
  });

  test('are scaled to 256 and cropped to 224, in the centre or at random and flipped', async () => {
    // Twice 256 high and twice 384 wide; red rises along x, green along y, so each pixel says where it comes from.
    const [width, height] = [768, 512];
    const data = Buffer.alloc(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      data[3 * i] = Math.round(((i % width) / width) * 255);
      data[3 * i + 1] = Math.round((Math.floor(i / width) / height) * 255);
    }
    await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toFile(firstTrain());
    const { train } = await open();
    const out = new Float32Array(3 * PLANE);
    const place = () => {
      const x = (k: number) => (out[k]! * 0.229 + 0.485) * 384;
      const y = (k: number) => (out[PLANE + k]! * 0.224 + 0.456) * 256;
      return { left: x(0), right: x(223), top: y(0), bottom: y(223 * 224) };
    };
    await train.read(Uint32Array.of(0), out);
    const centre = place();
    expect(Math.abs(centre.left - 80)).toBeLessThan(2);
    expect(Math.abs(centre.right - 303)).toBeLessThan(2);
    expect(Math.abs(centre.top - 16)).toBeLessThan(2);
    expect(Math.abs(centre.bottom - 239)).toBeLessThan(2);
    const seen = new Set<string>();
    let flips = 0;
    for (let epoch = 0; epoch < 16; epoch++) {
      await train.read(Uint32Array.of(0), out, { seed: 1, purpose: 'augmentation', epoch });
      const { left, right, top } = place();
      expect(Math.abs(Math.abs(right - left) - 223)).toBeLessThan(3);
      if (right < left) flips++;
      seen.add(`${Math.round(Math.min(left, right) / 4)} ${Math.round(top / 4)}`);
    }
    expect(seen.size).toBeGreaterThan(8);
    expect(flips).toBeGreaterThan(1);
    expect(flips).toBeLessThan(15);
  });

  test('may hold grey, CMYK, small and PNG-coded images', async () => {
    const folder = join(root, 'train', CLASSES[0]!);
    const red = { create: { width: 40, height: 30, channels: 3, background: '#c02020' } } as const;
    await sharp(red).greyscale().jpeg().toFile(join(folder, 'a.jpg'));
    await sharp(red).toColourspace('cmyk').jpeg().toFile(join(folder, 'b.jpeg'));
    await sharp({ ...red, create: { ...red.create, channels: 4, background: { r: 192, g: 32, b: 32, alpha: 1 } } })
      .png()
      .toFile(join(folder, 'c.JPG'));
    const { train } = await open();
    const out = new Float32Array(train.count * 3 * PLANE);
    await train.read(
      Uint32Array.from({ length: train.count }, (_, i) => i),
      out,
    );
    expect(out.every(Number.isFinite)).toBe(true);
  });

  test('an image that does not decode is named when its batch is read', async () => {
    await truncate(firstTrain(), 400);
    const { train } = await open();
    await expectError(
      train.read(Uint32Array.of(3, 0), new Float32Array(6 * PLANE)),
      'DATA_CORRUPT',
      `${firstTrain()}: does not decode`,
    );
    const all = (async () => {
      for await (const batch of batches(train, { batchSize: 2 })) expect(batch.count).toBe(2);
    })();
    await expectError(all, 'DATA_CORRUPT', firstTrain());
    const { findings, good, bad } = await inspect();
    expect([good, bad]).toEqual([8, 1]);
    expect(findings.map(({ detail }) => detail)).toEqual([
      expect.stringContaining(`${firstTrain()}: does not decode`),
      '8 of 9 images decode',
    ]);
  });

  test('a text file named .JPEG does not decode', async () => {
    await writeFile(firstTrain(), '<html>not found</html>');
    await expectError(
      (await open()).train.read(Uint32Array.of(0), new Float32Array(3 * PLANE)),
      'DATA_CORRUPT',
      firstTrain(),
      'unsupported image format',
    );
  });

  test.each<[string, (root: string) => Promise<unknown>, string]>([
    ['an empty class folder', (r) => mkdir(join(r, 'train', 'n00000000')), 'train/n00000000: is empty'],
    [
      'a file that is no image',
      (r) => writeFile(join(r, 'train', CLASSES[1]!, 'notes.txt'), ''),
      `train/${CLASSES[1]}/notes.txt: expected only .JPEG`,
    ],
    [
      'images that are not sorted into classes',
      (r) =>
        copyFile(join(r, 'val', CLASSES[1]!, `${CLASSES[1]}_0.JPEG`), join(r, 'val', 'ILSVRC2012_val_00000001.JPEG')),
      'val/ILSVRC2012_val_00000001.JPEG: is a file',
    ],
    [
      'a class without training images',
      (r) => rm(join(r, 'train', CLASSES[2]!), { recursive: true }),
      `val/${CLASSES[2]}: no training images of this class`,
    ],
    [
      'no classes at all',
      async (r) => {
        await rm(join(r, 'val'), { recursive: true });
        await mkdir(join(r, 'val'));
      },
      'val: is empty',
    ],
  ])('refuse %s', async (_, spoil, message) => {
    await spoil(root);
    await expectError(open(), 'DATA_CORRUPT', message, root);
    const { findings, good, bad } = await inspect();
    expect(bad).toBe(1);
    // No image is counted as damaged because of a folder.
    expect(findings.map(({ detail }) => detail)).toEqual([
      expect.stringContaining(message),
      `${good} of ${good} images decode`,
    ]);
  });

  test('hidden files are left alone', async () => {
    await writeFile(join(root, 'train', '.DS_Store'), '');
    await writeFile(join(root, 'train', CLASSES[0]!, '.DS_Store'), '');
    expect((await open()).train.count).toBe(6);
  });

  test('no val folder', async () => {
    await rm(join(root, 'val'), { recursive: true });
    await expectError(open(), 'DATA_MISSING', root, 'no val folder', 'by hand');
  });
});

test.skipIf(real === undefined)('real photographs decode to plausible statistics', async () => {
  const { train } = await openDataset('imagenet', { directory: real });
  expect([train.count, train.classes]).toEqual([200, 200]);
  let sum = 0;
  let squares = 0;
  for await (const { images } of batches(train, { batchSize: 50 })) {
    for (const value of images) {
      sum += value;
      squares += value * value;
    }
  }
  const numbers = train.count * 3 * PLANE;
  // Normalised by ImageNet's own statistics: mean 0, deviation 1, up to the chance of 200 images.
  expect(Math.abs(sum / numbers)).toBeLessThan(0.3);
  expect(Math.sqrt(squares / numbers)).toBeCloseTo(1.1, 0);
});
