/** Layers without parameters that change a tensor's shape. */
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../../support/errors.js';
import { type Layer, type Module, stateless } from '../layer.js';

/** Images as stored, [N, C, H, W], to the order of the layers, [N, H, W, C]. */
export const channelsLast: Layer = stateless((x) => tf.transpose(x, [0, 2, 3, 1]));

/** [N, H, W, C] to [N, C·H·W], channels outermost: the order in which PyTorch's linear weights expect the features. */
export const flattenChannelsFirst: Layer = stateless((x) => flatten(tf.transpose(x, [0, 3, 1, 2])));

/** [N, …] to [N, features]. */
export const flattenImages: Layer = stateless(flatten);

/** The mean over each whole channel, [N, H, W, C] to [N, C]: average pooling with a window as large as the image. */
export const globalAveragePool: Layer = stateless((x) => tf.mean(x, [1, 2]));

/** Max pooling with a 3×3 window and stride 2, without padding: the only one the paper's networks use. */
export const maxPool3x3Stride2: Module = () => stateless((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid'));

/**
 * Side of the image after `maxPool3x3Stride2`: windows that would reach over the edge are left out.
 * @throws SmoothOutError CONFIG_INVALID where no window fits.
 */
export function pooledSide(side: number): number {
  if (side < 3) {
    throw new SmoothOutError('CONFIG_INVALID', "the data set's images are too small: nothing is left of them to pool", {
      hint: 'choose the data set that the network was made for, or another model',
    });
  }
  return Math.floor((side - 3) / 2) + 1;
}

export const relu: Module = () => stateless(tf.relu);

function flatten(x: tf.Tensor): tf.Tensor {
  const [images = 0, ...rest] = x.shape;
  return tf.reshape(x, [images, rest.reduce((product, extent) => product * extent, 1)]);
}
