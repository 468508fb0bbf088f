import type { ImageShape, Layer } from '../layer.js';
import { multilayerPerceptron } from './mlp.js';

/**
 * F1 of Keskar et al., as the authors built it (`models/mnist_f1.py`): five batch-normalised hidden layers of 512 ReLUs.
 * The biases before batch normalisation are redundant and are kept, as there. Names: `layers.0.weight` …
 * `layers.15.bias`. 1,462,794 parameters for MNIST.
 */
export function f1(input: ImageShape, classes: number): Layer {
  return multilayerPerceptron(input, [512, 512, 512, 512, 512], classes);
}
