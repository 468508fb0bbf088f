/** Filter-normalised directions (Li et al., NeurIPS 2018, section 4), in the form of the authors' visualize2_sharpness.py. */
import type { Layout, ParameterSlot } from '../nn/layout.js';
import { normal, type Stream, uniform } from '../support/random.js';

export interface DirectionOptions {
  /** The authors draw from U(−1, 1), Li et al. from the normal distribution. */
  readonly distribution: 'uniform' | 'gaussian';
  /** Li et al. leave biases and batch norm where they are; the authors move them too. */
  readonly fixed: 'none' | 'biasbn';
}

/**
 * A random direction [layout.size] in which every filter is as long as that of `parameters`: a filter is all weights of
 * one output channel or neuron. Of a bias or of batch norm's parameters each number is its own filter, ±|w|. One stream
 * gives every network the same random numbers.
 */
export function filterNormalisedDirection(
  stream: Stream,
  parameters: Float32Array,
  layout: Layout,
  { distribution, fixed }: DirectionOptions,
): Float64Array {
  const drawn = distribution === 'uniform' ? uniform(stream, layout.size, -1, 1) : normal(stream, layout.size);
  const direction = Float64Array.from(drawn);
  for (const slot of layout.parameters) {
    if (fixed === 'biasbn' && slot.role !== 'weight') direction.fill(0, slot.offset, slot.offset + slot.size);
    else normaliseFilters(direction, parameters, slot);
  }
  return direction;
}

function normaliseFilters(direction: Float64Array, parameters: Float32Array, { shape, offset, size }: ParameterSlot) {
  const length = shape.length === 1 ? 1 : size / shape[0]!;
  for (let from = offset; from < offset + size; from += length) {
    const own = lengthOf(direction, from, from + length);
    // A filter of zeros in the draw points nowhere, and stays.
    const factor = own === 0 ? 0 : lengthOf(parameters, from, from + length) / own;
    for (let i = from; i < from + length; i++) direction[i]! *= factor;
  }
}

function lengthOf(vector: Float64Array | Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}
