/** AlexNet with batch normalisation, for ImageNet. */
import { batchNorm } from '../batch-norm.js';
import {
  type Convolution,
  chain,
  channelsLast,
  conv2d,
  convolvedSide,
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
 * AlexNet with batch normalisation, as the authors built it (`models/alexnet.py`, `AlexNetOWT_BN`). The order is theirs:
 * the first convolution is followed by pooling, batch normalisation and ReLU, the others by (pooling,) ReLU and batch
 * normalisation. Dropout 0 is their `alexnetv3`, which Table 3's AdaSmoothOut row uses.
 *
 * Names, by index in the `Sequential`s `features` and `classifier`: convolutions `features.{0,4,8,11,14}.weight`, batch
 * normalisation `features.{2,7,10,13,17}.*`, `classifier.1.*`, `classifier.5.*`, linear layers `classifier.0.weight`,
 * `classifier.4.weight`, `classifier.8.weight` and `classifier.8.bias`. 61,110,184 parameters for ImageNet.
 */
export default {
  build({ channels, height, width }, { classes, dropout: rate }) {
    const first = { inputs: channels, outputs: 64, kernel: 11, stride: 4, padding: 2 };
    const second = { inputs: 64, outputs: 192, kernel: 5, padding: 2 };
    const features = sequential(
      ...[conv2d(first), maxPool3x3Stride2, batchNorm(64), relu],
      ...[conv2d(second), maxPool3x3Stride2, relu, batchNorm(192)],
      ...[conv2d({ inputs: 192, outputs: 384, kernel: 3, padding: 1 }), relu, batchNorm(384)],
      ...[conv2d({ inputs: 384, outputs: 256, kernel: 3, padding: 1 }), relu, batchNorm(256)],
      ...[conv2d({ inputs: 256, outputs: 256, kernel: 3, padding: 1 }), maxPool3x3Stride2, relu, batchNorm(256)],
    );
    const classifier = sequential(
      ...hidden(256 * lastSide(height, first) * lastSide(width, first), rate),
      ...hidden(4096, rate),
      linear(4096, classes, { bias: true }),
    );
    return chain(channelsLast, features('features'), flattenChannelsFirst, classifier('classifier'));
  },
} satisfies NetworkFile;

function hidden(inputs: number, rate: number): Module[] {
  return [linear(inputs, 4096, { bias: false }), batchNorm(4096), relu, dropout(rate, 4096)];
}

/** All convolutions but the first keep the side. */
function lastSide(side: number, first: Convolution): number {
  return pooledSide(pooledSide(pooledSide(convolvedSide(side, first))));
}
