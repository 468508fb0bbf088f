/** The images of a split in batches, again and again: a sharpness measurement goes through the same ones dozens of times. */
import { type Batch, batches } from './batches.js';
import { type ImageSource, imageSize } from './source.js';

/** Whose images an analysis is on. */
export type Split = 'train' | 'test';

export interface SplitImages {
  readonly count: number;
  /** One pass over the images in their order; the last batch may be short. A batch is valid until the next but one. */
  batches(batchSize: number): AsyncIterable<Batch>;
}

/** Of normalised float32 images: MNIST takes 0.2 GB and CIFAR 0.6, ImageNet is read anew on every pass. */
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
