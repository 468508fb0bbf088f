import * as tf from '@tensorflow/tfjs';
import { type Module, tensorNamed } from '../layer.js';
import type { Initialiser } from '../layout.js';
import { uniformByFanIn } from './uniformByFanIn.js';

export interface Convolution {
  readonly inputs: number;
  readonly outputs: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  readonly stride?: number;
  readonly padding: number;
  readonly initial?: Initialiser;
}

/**
 * `torch.nn.Conv2d` without bias, as in every network of the paper: [N, H, W, inputs] to [N, H', W', outputs], with
 * the weight in PyTorch's order, [outputs, inputs, kernel, kernel].
 */
export function conv2d({ inputs, outputs, kernel, stride = 1, padding, initial }: Convolution): Module {
  const fanIn = inputs * kernel * kernel;
  return (name) => {
    const weight = {
      name: `${name}.weight`,
      shape: [outputs, inputs, kernel, kernel],
      role: 'weight',
      fanIn,
      initial: initial ?? uniformByFanIn(fanIn),
    } as const;
    return {
      parameters: [weight],
      statistics: [],
      dropout: [],
      apply: (x, { parameters }) => {
        const filter = tf.transpose(tensorNamed(parameters, weight.name), [2, 3, 1, 0]);
        return tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding);
      },
    };
  };
}

/** Side of the image after a convolution. */
export function convolvedSide(side: number, { kernel, stride = 1, padding }: Convolution): number {
  return Math.floor((side + 2 * padding - kernel) / stride) + 1;
}
