/** Perceptrons: F1, the fully connected network for MNIST, and others with hidden layers of any widths, for trials. */
import { at, last } from '../../support/at.js';
import { batchNorm } from '../batch-norm.js';
import { chain, flattenImages, type ImageShape, type Layer, linear, type Module, relu, sequential } from '../layers.js';
import type { NetworkFile } from '../networks.js';

export default {
  build: (images, { hidden, classes }) => multilayerPerceptron(images, hidden, classes),
} satisfies NetworkFile;

/**
 * F1 of Keskar et al., as the authors built it (`models/mnist_f1.py`): five batch-normalised hidden layers of 512 ReLUs.
 * The biases before batch normalisation are redundant and are kept, as there. Names: `layers.0.weight` …
 * `layers.15.bias`. 1,462,794 parameters for MNIST.
 */
export const f1 = {
  build: (images, { classes }) => multilayerPerceptron(images, [512, 512, 512, 512, 512], classes),
} satisfies NetworkFile;

/**
 * A perceptron with batch-normalised hidden layers: [Linear, BatchNorm1d, ReLU] for each of `hidden`, then Linear.
 * Parameters: `layers.0.weight`, `layers.0.bias`, `layers.1.weight` … by index in one `Sequential` called `layers`.
 */
function multilayerPerceptron(
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
