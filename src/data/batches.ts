import { permutation, type Stream } from '../support/random.js';
import { imageSize } from './shape.js';
import type { ImageSource } from './source.js';

export interface Batch {
  /** [count, channels, height, width], normalised. */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Int32Array;
  readonly count: number;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** A stream whose epoch is set; without it images come in the source's order. */
  readonly shuffle?: Stream | undefined;
  readonly augmentation?: Stream | undefined;
  /** Batches already seen, when an epoch goes on where it was interrupted. */
  readonly skip?: number;
}

/** The batch in the consumer's hands, the one before it, and the one being read. */
const RING = 3;

/**
 * One pass over `source`, every image once; the last batch is short where batchSize does not divide the count.
 * Batch k+1 is being read while the consumer works on batch k.
 *
 * A batch's arrays are reused: it is valid until the second next batch is asked for. Memory: three batches.
 *
 * @throws what `source.read` throws, when the batch concerned is asked for.
 */
export async function* batches(
  source: ImageSource,
  { batchSize, shuffle, augmentation, skip = 0 }: BatchOptions,
): AsyncGenerator<Batch, void, void> {
  const size = imageSize(source.shape);
  const order = shuffle ? permutation(shuffle, source.count) : Uint32Array.from({ length: source.count }, (_, i) => i);
  const capacity = Math.min(batchSize, source.count);
  const ring: { images: Float32Array; labels: Int32Array }[] = [];

  const read = async (number: number): Promise<Batch | undefined> => {
    const indices = order.subarray(number * batchSize, (number + 1) * batchSize);
    const count = indices.length;
    if (count === 0) return undefined;
    ring[number % RING] ??= { images: new Float32Array(capacity * size), labels: new Int32Array(capacity) };
    const buffer = ring[number % RING]!;
    const images = buffer.images.subarray(0, count * size);
    const labels = buffer.labels.subarray(0, count);
    for (let i = 0; i < count; i++) labels[i] = source.labels[indices[i]!]!;
    await source.read(indices, images, augmentation);
    return { images, labels, count };
  };

  let next = read(skip);
  try {
    for (let number = skip + 1; ; number++) {
      const batch = await next;
      if (batch === undefined) return;
      next = read(number);
      // Its failure is reported when it is asked for, not as an unhandled rejection before.
      next.catch(() => undefined);
      yield batch;
    }
  } finally {
    // A consumer that stops early must not leave a read writing into buffers nobody waits for.
    await next.catch(() => undefined);
  }
}
