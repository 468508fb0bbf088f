/** Perceptrons with hidden layers of any widths, for trials. */
import { at, last } from '../../support/at.js';
import { batchNorm } from '../batch-norm.js';
import { chain, flattenImages, type ImageShape, type Layer, linear, type Module, relu, sequential } from '../layers.js';
import type { NetworkFile } from '../networks.js';

export default {
  build: (images, { hidden, classes }) => multilayerPerceptron(images, hidden, classes),
} satisfies NetworkFile;

/**
 * A perceptron with batch-normalised hidden layers: [Linear, BatchNorm1d, ReLU] for each of `hidden`, then Linear.
 * Parameters: `layers.0.weight`, `layers.0.bias`, `layers.1.weight` … by index in one `Sequential` called `layers`.
 */
export function multilayerPerceptron(
  { channels, height, width }: ImageShape,
  hidden: readonly number[],
  classes: number,
): Layer {
  const widths = [channels * height * width, ...hidden];
  const hiddenLayers = hidden.flatMap((units, index): Module[] => [
    linear(at(widths, index), units, { bias: true }),
    batchNorm(units),
    relu,
  ]);
  const output = linear(last(widths), classes, { bias: true });
  return chain(flattenImages, sequential(...hiddenLayers, output)('layers'));
}
