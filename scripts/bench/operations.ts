/** How much arithmetic a network takes, to set its speed against that of a matrix product. */
import { type ModelName, networkRow } from '../../src/nn/networks.js';

/**
 * Of a loss and its gradient, for each image: the forward pass, the gradient with respect to the weights and that with
 * respect to each layer's input but the first, since nobody asks for the images'. A multiplication and an addition each.
 */
export function operationsPerImage(network: ModelName): number {
  const { all, first } = networkRow(network).multiplyAdds ?? { all: 0, first: 0 };
  return 2 * (3 * all - first);
}
