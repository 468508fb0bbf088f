/** C1 and C3, the shallow convolutional networks for CIFAR. */
import { batchNorm } from '../batch-norm.js';
import {
  chain,
  channelsLast,
  conv2d,
  dropout,
  flattenChannelsFirst,
  linear,
  type Module,
  maxPool3x3Stride2,
  pooledSide,
  relu,
  sequential,
} from '../layers.js';
import type { NetworkFile } from '../networks.js';

/**
 * C1 (CIFAR-10) and C3 (CIFAR-100), as the authors built them (`models/cifar_shallow.py`): two convolutions, each
 * followed by pooling, batch normalisation and ReLU in this order, then two hidden layers with dropout. This is Hoffer
 * et al.'s variant, not that of Keskar et al., who pool after the ReLU.
 *
 * Names, by index in the `Sequential`s `features` and `classifier`: convolutions `features.0.weight` and
 * `features.4.weight`, batch normalisation `features.2.*`, `features.6.*`, `classifier.1.*` and `classifier.5.*`, linear
 * layers `classifier.0.weight`, `classifier.4.weight`, `classifier.8.weight` and `classifier.8.bias`.
 * C1 has 1,388,490 parameters, C3 1,405,860.
 */
export default {
  build({ channels, height, width }, { classes, dropout: rate }) {
    const features = sequential(...convolution(channels, 64), ...convolution(64, 64));
    const flattened = 64 * pooledSide(pooledSide(height)) * pooledSide(pooledSide(width));
    const classifier = sequential(
      ...hidden(flattened, 384, rate),
      ...hidden(384, 192, rate),
      linear(192, classes, { bias: true }),
    );
    return chain(channelsLast, features('features'), flattenChannelsFirst, classifier('classifier'));
  },
} satisfies NetworkFile;

function convolution(inputs: number, outputs: number): Module[] {
  return [conv2d({ inputs, outputs, kernel: 5, padding: 2 }), maxPool3x3Stride2, batchNorm(outputs), relu];
}

function hidden(inputs: number, units: number, rate: number): Module[] {
  return [linear(inputs, units, { bias: false }), batchNorm(units), relu, dropout(rate, units)];
}
