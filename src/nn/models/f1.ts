/** F1, the fully connected network for MNIST. */
import type { NetworkFile } from '../networks.js';
import { multilayerPerceptron } from './mlp.js';

/**
 * F1 of Keskar et al., as the authors built it (`models/mnist_f1.py`): five batch-normalised hidden layers of 512 ReLUs.
 * The biases before batch normalisation are redundant and are kept, as there. Names: `layers.0.weight` …
 * `layers.15.bias`. 1,462,794 parameters for MNIST.
 */
export default {
  build: (images, { classes }) => multilayerPerceptron(images, [512, 512, 512, 512, 512], classes),
} satisfies NetworkFile;
