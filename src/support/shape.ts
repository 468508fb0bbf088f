/** The shape of an array, its extent along each axis, and extents in parts. */

/** `total` in runs of `size`; the last may be shorter. */
export const evenSizes = (total: number, size: number): number[] =>
  Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size));

/** How many numbers an array of this shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
