/** The shape of an array: its extent along each axis. */

/** How many numbers an array of this shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
