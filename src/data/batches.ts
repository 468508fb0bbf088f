/**
 * Images in batches: those of an epoch in parts, read ahead while the one before is worked on; or those of a split again and
 * again, as a sharpness measurement goes through the same ones dozens of times.
 */
import { at } from '../support/at.js';
import type { Borrowed } from '../support/borrowed.js';
import { permutation, type Stream } from '../support/random.js';
import { type ImageSource, imageSize } from './source.js';

export interface Batch {
  /** [count, channels, height, width], normalised. */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Int32Array;
  readonly count: number;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** The sizes of a batch's ghost batches, in which it is handed out. Without it a batch is handed out whole. */
  readonly cut?: (count: number) => readonly number[];
  /** A stream whose epoch is set; without it images come in the source's order. */
  readonly shuffle?: Stream | undefined;
  readonly augmentation?: Stream | undefined;
  /** Batches already seen, when an epoch goes on where it was interrupted. */
  readonly skip?: number;
}

/** The part in the consumer's hands, the one before it, and the one being read. */
const RING = 3;

/**
 * One pass over `source`, every image once; the last batch is short where batchSize does not divide the count.
 * Part k+1 is being read while the consumer works on part k.
 *
 * A part's arrays are reused: it is valid until the second next part is asked for. Memory: three parts, however large
 * the batch they are of.
 *
 * @throws what `source.read` throws, when the part concerned is asked for.
 */
export async function* batches(
  source: ImageSource,
  { batchSize, cut = (count) => [count], shuffle, augmentation, skip = 0 }: BatchOptions,
): AsyncGenerator<Borrowed<Batch>, void, void> {
  const size = imageSize(source.shape);
  const order = shuffle ? permutation(shuffle, source.count) : Uint32Array.from({ length: source.count }, (_, i) => i);
  const parts = partsOf(source.count, { batchSize, cut, skip });
  const capacity = parts.reduce((most, [start, end]) => Math.max(most, end - start), 0);
  const ring: { images: Float32Array; labels: Int32Array }[] = [];

  const read = async (number: number): Promise<Batch | undefined> => {
    const part = parts[number];
    if (part === undefined) return undefined;
    const indices = order.subarray(...part);
    const count = indices.length;
    ring[number % RING] ??= { images: new Float32Array(capacity * size), labels: new Int32Array(capacity) };
    const buffer = at(ring, number % RING);
    const images = buffer.images.subarray(0, count * size);
    const labels = buffer.labels.subarray(0, count);
    for (let i = 0; i < count; i++) labels[i] = at(source.labels, at(indices, i));
    await source.read(indices, images, augmentation);
    return { images, labels, count };
  };

  let next = read(0);
  try {
    for (let number = 1; ; number++) {
      const part = await next;
      if (part === undefined) return;
      next = read(number);
      // Its failure is reported when it is asked for, not as an unhandled rejection before.
      next.catch(() => undefined);
      yield part;
    }
  } finally {
    // A consumer that stops early must not leave a read writing into buffers nobody waits for.
    await next.catch(() => undefined);
  }
}

/** Start and end of each part, in the order of reading. */
function partsOf(images: number, { batchSize, cut, skip }: Required<Pick<BatchOptions, 'batchSize' | 'cut' | 'skip'>>) {
  const parts: [start: number, end: number][] = [];
  for (let start = skip * batchSize; start < images; start += batchSize) {
    let end = start;
    for (const count of cut(Math.min(batchSize, images - start))) {
      parts.push([end, end + count]);
      end += count;
    }
  }
  return parts;
}

/** The images of a split, for many passes. */
export interface SplitImages {
  readonly count: number;
  /** One pass over the images in their order; the last batch may be short. A batch is valid until the next but one. */
  batches(batchSize: number): AsyncIterable<Borrowed<Batch>>;
}

/** The normalised float32 images of MNIST take 0.2 GB, those of CIFAR 0.6: they are kept. ImageNet is read anew on every pass. */
const KEPT_BYTES = 2 ** 30;

/**
 * Normalises the images once and keeps them where they take at most `keptBytes`, so that a pass costs computing alone.
 *
 * @throws what `source.read` throws: here, or while streaming.
 */
export async function openImages(source: ImageSource, keptBytes = KEPT_BYTES): Promise<SplitImages> {
  const { count, labels } = source;
  const size = imageSize(source.shape);
  if (4 * count * size > keptBytes) return { count, batches: (batchSize) => batches(source, { batchSize }) };
  const images = new Float32Array(count * size);
  let read = 0;
  for await (const batch of batches(source, { batchSize: 1000 })) {
    images.set(batch.images, read * size);
    read += batch.count;
  }
  return {
    count,
    async *batches(batchSize) {
      for (let from = 0; from < count; from += batchSize) {
        const to = Math.min(from + batchSize, count);
        yield { images: images.subarray(from * size, to * size), labels: labels.subarray(from, to), count: to - from };
      }
    },
  };
}
