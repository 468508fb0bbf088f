/** ResNet44 for CIFAR. */
import * as tf from '@tensorflow/tfjs';
import { batchNorm } from '../batch-norm.js';
import {
  chain,
  channelsLast,
  composite,
  conv2d,
  globalAveragePool,
  linear,
  type Module,
  relu,
  sequential,
} from '../layers.js';
import type { NetworkFile } from '../networks.js';

const BLOCKS_PER_STAGE = 7;

/**
 * ResNet44 for CIFAR, as the authors built it (`models/resnet.py`): three stages of seven basic blocks with 16, 32 and
 * 64 channels; where a stage changes the shape, the shortcut is a 1×1 convolution with batch normalisation (option B of
 * He et al., who use option A on CIFAR). The final 8×8 average pooling is the mean over the whole image.
 *
 * Names: `conv1.weight`, `bn1.*`, `layer1.0.conv1.weight`, `layer1.0.bn1.*`, `layer1.0.conv2.weight`,
 * `layer1.0.bn2.*` … `layer3.6.bn2.*`, `layer2.0.downsample.0.weight`, `layer2.0.downsample.1.*` (and of `layer3.0`),
 * `fc.weight`, `fc.bias`. The authors' `state_dict` repeats all but `fc` under `feats.*`; these aliases are left out.
 * 661,338 parameters for 10 classes, 667,188 for 100.
 */
export default {
  build({ channels }, { classes }) {
    return chain(
      channelsLast,
      convolution({ inputs: channels, outputs: 16, kernel: 3 })('conv1'),
      normalisation(16)('bn1'),
      relu(''),
      stage(16, 16, 1)('layer1'),
      stage(16, 32, 2)('layer2'),
      stage(32, 64, 2)('layer3'),
      globalAveragePool,
      linear(64, classes, { bias: true })('fc'),
    );
  },
} satisfies NetworkFile;

function stage(inputs: number, outputs: number, stride: number): Module {
  const later = Array.from({ length: BLOCKS_PER_STAGE - 1 }, () => basicBlock(outputs, outputs, 1));
  return sequential(basicBlock(inputs, outputs, stride), ...later);
}

function basicBlock(inputs: number, outputs: number, stride: number): Module {
  return (name) => {
    const residual = chain(
      convolution({ inputs, outputs, kernel: 3, stride })(`${name}.conv1`),
      normalisation(outputs)(`${name}.bn1`),
      relu(''),
      convolution({ inputs: outputs, outputs, kernel: 3 })(`${name}.conv2`),
      normalisation(outputs)(`${name}.bn2`),
    );
    const sameShape = stride === 1 && inputs === outputs;
    const projection = sequential(convolution({ inputs, outputs, kernel: 1, stride }), normalisation(outputs));
    const shortcut = sameShape ? chain() : projection(`${name}.downsample`);
    return composite([residual, shortcut], (x, pass) =>
      tf.relu(tf.add(residual.apply(x, pass), shortcut.apply(x, pass))),
    );
  };
}

/** Padded to keep the side, and initialised from N(0, 2/(k²·outputs)): He et al.'s fan-out form. */
function convolution(shape: { inputs: number; outputs: number; kernel: 1 | 3; stride?: number }): Module {
  const { kernel, outputs } = shape;
  const standardDeviation = Math.sqrt(2 / (kernel * kernel * outputs));
  return conv2d({ ...shape, padding: (kernel - 1) / 2, initial: { kind: 'normal', standardDeviation } });
}

/** The scale starts at 1 in every PyTorch version: the reference sets it, unlike that of the other networks. */
function normalisation(channels: number): Module {
  return batchNorm(channels, { kind: 'constant', value: 1 });
}
