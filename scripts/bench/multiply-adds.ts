/** How much arithmetic a network takes, to set its speed against that of a matrix product. */
import type { ModelName } from '../../src/config/schema.js';

/** Those of the paper. */
export type NetworkName = Exclude<ModelName, 'mlp'>;

interface MultiplyAdds {
  /** Of a forward pass over one image: its convolutions and matrix products. */
  readonly all: number;
  /** Of the first of them: nobody asks for the gradient with respect to the images. */
  readonly first: number;
}

export const MULTIPLY_ADDS: Readonly<Record<NetworkName, MultiplyAdds>> = {
  f1: { all: 1_455_104, first: 401_408 },
  c1: { all: 29_235_072, first: 4_915_200 },
  c3: { all: 29_252_352, first: 4_915_200 },
  resnet44: { all: 97_436_288, first: 442_368 },
  alexnet: { all: 714_188_480, first: 70_276_800 },
};

/**
 * Of a loss and its gradient, for each image: the forward pass, the gradient with respect to the weights and that with
 * respect to each layer's input, a multiplication and an addition each.
 */
export function operationsPerImage(network: NetworkName): number {
  const { all, first } = MULTIPLY_ADDS[network];
  return 2 * (3 * all - first);
}
