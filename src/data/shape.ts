import type { ImageSource } from './source.js';

export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Numbers in one image. */
export function imageSize({ channels, height, width }: ImageShape): number {
  return channels * height * width;
}

/** Throws RangeError unless `out` has room for exactly these images and every index exists. */
export function checkRead(source: ImageSource, indices: Uint32Array, out: Float32Array): void {
  const expected = indices.length * imageSize(source.shape);
  if (out.length !== expected) {
    throw new RangeError(
      `${source.name}: ${indices.length} images need ${expected} numbers, the buffer has ${out.length}`,
    );
  }
  for (const index of indices) {
    if (index >= source.count) throw new RangeError(`${source.name}: no image ${index}, there are ${source.count}`);
  }
}
