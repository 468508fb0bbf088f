/** The loss along random filter-normalised directions (Fig. 6), or over the plane of two of them. */
import { firstImages } from '../data/source.js';
import type { Weights } from '../nn/initialise.js';
import { createEvaluator, type Evaluation } from '../training/evaluate.js';
import { type DirectionOptions, filterNormalisedDirection } from './direction.js';
import type { Laboratory, Split, Subject } from './laboratory.js';

export interface LandscapeOptions extends DirectionOptions {
  /** Networks that are compared are given the same: their directions then differ in the filters' lengths alone. */
  readonly seed: number;
  /** The first images of each split only. */
  readonly images?: number;
}

export interface Landscape {
  /** At w + α·d, or w + α·d + β·e for two coordinates; `direction` counts the d's, or the pairs. */
  at(direction: number, coordinates: readonly number[], split: Split): Promise<Evaluation>;
  dispose(): Promise<void>;
}

export function createLandscape(
  { engine }: Laboratory,
  { model, weights, splits }: Subject,
  { seed, images = Number.POSITIVE_INFINITY, ...options }: LandscapeOptions,
): Landscape {
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
    async at(direction, coordinates, split) {
      const { parameters, statistics } = displaced(weights, directionsOf(direction, coordinates.length), coordinates);
      return evaluator.evaluate(parameters, statistics, firstImages(splits[split], images));
    },
    dispose: () => evaluator.dispose(),
  };
}

/** w + Σ αₖ·dₖ. The batch statistics stay, as in the authors' code. */
export function displaced(
  { parameters, statistics }: Weights,
  directions: readonly Float64Array[],
  coordinates: readonly number[],
): Weights {
  const moved = Float64Array.from(parameters);
  for (const [k, direction] of directions.entries()) {
    const alpha = coordinates[k]!;
    for (let i = 0; i < moved.length; i++) moved[i]! += alpha * direction[i]!;
  }
  return { parameters: Float32Array.from(moved), statistics };
}
