/**
 * The loss along random filter-normalised directions (Fig. 6), or over the plane of two of them: Li et al. (NeurIPS 2018,
 * section 4), in the form of the authors' visualize2_sharpness.py.
 */
import { firstImages, type Split } from '../data/source.js';
import { axpy, scale } from '../lbfgsb/vectors.js';
import type { Layout, ParameterSlot } from '../nn/layout.js';
import type { Weights } from '../nn/weights.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { createEvaluator, type Evaluation } from '../session/evaluate.js';
import type { Session } from '../session/session.js';
import { at as itemAt } from '../support/at.js';
import { normal, type Stream, uniform } from '../support/random.js';

export interface DirectionOptions {
  /** The authors draw from U(−1, 1), Li et al. from the normal distribution. */
  readonly distribution: 'uniform' | 'gaussian';
  /** Li et al. leave biases and batch norm where they are; the authors move them too. */
  readonly fixed: 'none' | 'biasbn';
}

interface LandscapeOptions extends DirectionOptions {
  /** Networks that are compared are given the same: their directions then differ in the filters' lengths alone. */
  readonly seed: number;
  /** The first images of each split only. */
  readonly images?: number | undefined;
}

export type Landscape = ReturnType<typeof createLandscape>;

export function createLandscape(
  { engine }: Session,
  { model, weights, splits }: CheckpointFile,
  { seed, images = Number.POSITIVE_INFINITY, ...options }: LandscapeOptions,
) {
  const evaluator = createEvaluator(engine, model);
  let drawn: { readonly key: string; readonly directions: Float64Array[] } | null = null;
  const directionsOf = (direction: number, dimensions: number): Float64Array[] => {
    const key = `${direction} ${dimensions}`;
    if (drawn?.key !== key) {
      const directions = Array.from({ length: dimensions }, (_, axis) => {
        const stream = { seed, purpose: 'direction', step: direction, chunk: axis } as const;
        return filterNormalisedDirection(stream, weights.parameters, model.layout, options);
      });
      drawn = { key, directions };
    }
    return drawn.directions;
  };
  return {
    /** At w + α·d, or w + α·d + β·e for two coordinates; `direction` counts the d's, or the pairs. */
    async at(direction: number, coordinates: readonly number[], split: Split): Promise<Evaluation> {
      const { parameters, statistics } = displaced(weights, directionsOf(direction, coordinates.length), coordinates);
      return evaluator.evaluate(parameters, statistics, firstImages(splits[split], images));
    },
    dispose: evaluator.dispose,
  };
}

/** w + Σ αₖ·dₖ. The batch statistics stay, as in the authors' code. */
export function displaced(
  { parameters, statistics }: Weights,
  directions: readonly Float64Array[],
  coordinates: readonly number[],
): Weights {
  const moved = Float64Array.from(parameters);
  for (const [k, direction] of directions.entries()) axpy(itemAt(coordinates, k), direction, moved);
  return { parameters: Float32Array.from(moved), statistics };
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
  const length = shape.length === 1 ? 1 : size / itemAt(shape, 0);
  for (let from = offset; from < offset + size; from += length) {
    const filter = direction.subarray(from, from + length);
    const own = lengthOf(filter);
    // A filter of zeros in the draw points nowhere, and stays.
    scale(own === 0 ? 0 : lengthOf(parameters.subarray(from, from + length)) / own, filter);
  }
}

function lengthOf(vector: Float64Array | Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
