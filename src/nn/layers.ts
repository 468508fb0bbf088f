/**
 * Layers in the manner of `torch.nn`: each declares its parameters under its full name and is a pure function of them.
 * Images are [N, H, W, C] between layers, which is tfjs's own order.
 */
import * as tf from '@tensorflow/tfjs';
import type { ImageShape } from '../data/source.js';
import type { NamedTensors } from '../engine/engine.js';
import { named } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { sizeOf } from '../support/shape.js';
import type { Initialiser, ParameterDeclaration, StatisticDeclaration } from './layout.js';

/**
 * What a forward pass is for.
 * - `train`: batch statistics, running statistics updated, dropout on;
 * - `running`: running statistics, no dropout: evaluation;
 * - `batch`: batch statistics, nothing updated, no dropout: sharpness under the convention of Keskar et al.
 */
export type Mode = 'train' | 'running' | 'batch';

export type { ImageShape };

/** One forward pass: the tensors that layers find by name, and where they leave the statistics of its batch. */
export interface Pass {
  readonly mode: Mode;
  readonly parameters: NamedTensors;
  readonly statistics: NamedTensors;
  /** Uniform numbers on [0, 1) for each dropout layer, [N, units]; empty unless the mode is `train`. */
  readonly uniform: NamedTensors;
  /** In `train`, by name; the running statistics follow them. */
  readonly batchStatistics: Record<string, tf.Tensor>;
}

export interface DropoutDeclaration {
  readonly name: string;
  readonly units: number;
}

export interface Layer {
  readonly parameters: readonly ParameterDeclaration[];
  readonly statistics: readonly StatisticDeclaration[];
  readonly dropout: readonly DropoutDeclaration[];
  readonly apply: (x: tf.Tensor, pass: Pass) => tf.Tensor;
}

/** A layer that does not know its name yet. */
export type Module = (name: string) => Layer;

/** A layer that has nothing but what is named. */
function layer(own: Partial<Layer> & Pick<Layer, 'apply'>): Layer {
  return { parameters: [], statistics: [], dropout: [], ...own };
}

const stateless = (apply: (x: tf.Tensor) => tf.Tensor): Layer => layer({ apply });

/** A layer made of `children`, whose declarations it passes on in their order. */
export function composite(children: readonly Layer[], apply: Layer['apply']): Layer {
  return {
    parameters: children.flatMap((child) => child.parameters),
    statistics: children.flatMap((child) => child.statistics),
    dropout: children.flatMap((child) => child.dropout),
    apply,
  };
}

/** Layers applied one after another. */
export function chain(...layers: readonly Layer[]): Layer {
  return composite(layers, (x, pass) => layers.reduce((value, layer) => layer.apply(value, pass), x));
}

/** `torch.nn.Sequential`: the modules one after another, named by their index. */
export function sequential(...modules: readonly Module[]): Module {
  return (name) => chain(...modules.map((module, index) => module(`${name}.${index}`)));
}

/** What a layer says of an input that does not fit it: a mistake of whoever made the network. */
const misfit = (name: string, expected: string, { shape }: tf.Tensor) =>
  new Error(`${name}: expected ${expected}, was given [${shape.join(', ')}]`);

/** `torch.nn.Linear`: [N, inputs] to [N, outputs], y = x·Wᵀ + b with W [outputs, inputs]. */
export function linear(inputs: number, outputs: number, { bias }: { readonly bias: boolean }): Module {
  return (name) => {
    const initial = uniformByFanIn(inputs);
    const weight = { name: `${name}.weight`, shape: [outputs, inputs], role: 'weight', initial } as const;
    const biases = bias ? [{ name: `${name}.bias`, shape: [outputs], role: 'bias', initial } as const] : [];
    return layer({
      parameters: [weight, ...biases],
      apply: (x, { parameters }) => {
        if (x.shape.at(-1) !== inputs) throw misfit(name, `[…, ${inputs}]`, x);
        const product = tf.matMul(x, named(parameters, weight.name), false, true);
        return biases.reduce<tf.Tensor>((sum, b) => tf.add(sum, named(parameters, b.name)), product);
      },
    });
  };
}

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
export function conv2d({ inputs, outputs, kernel, stride = 1, padding, ...own }: Convolution): Module {
  const { initial = uniformByFanIn(inputs * kernel * kernel) } = own;
  return (name) => {
    const shape = [outputs, inputs, kernel, kernel];
    const weight = { name: `${name}.weight`, shape, role: 'weight', initial } as const;
    return layer({
      parameters: [weight],
      apply: (x, { parameters }) => {
        if (x.rank !== 4 || x.shape[3] !== inputs) throw misfit(name, `[images, height, width, ${inputs}]`, x);
        const filter = tf.transpose(named(parameters, weight.name), [2, 3, 1, 0]);
        return tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding);
      },
    });
  };
}

/** Side of the image after a convolution. */
export function convolvedSide(side: number, { kernel, stride = 1, padding }: Convolution): number {
  return Math.floor((side + 2 * padding - kernel) / stride) + 1;
}

/**
 * PyTorch's default for the weights and biases of linear and convolution layers, U(−1/√fanIn, 1/√fanIn); the same
 * distribution in version 0.3.1, which the authors used, and today.
 */
const uniformByFanIn = (fanIn: number): Initialiser => ({ kind: 'uniform', bound: 1 / Math.sqrt(fanIn) });

/**
 * `torch.nn.Dropout` on [N, units]: in training, a unit is zeroed with probability `rate` and scaled by 1/(1 − rate)
 * otherwise. Which units stay is decided by uniform numbers made outside, so that every engine drops the same ones.
 */
export function dropout(rate: number, units: number): Module {
  if (rate === 0) return () => stateless((x) => x);
  return (name) =>
    layer({
      dropout: [{ name, units }],
      apply: (x, { mode, uniform }) => {
        if (mode !== 'train') return x;
        const kept = tf.cast(tf.greaterEqual(named(uniform, name), rate), 'float32');
        return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
      },
    });
}

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
  return tf.reshape(x, [images, sizeOf(rest)]);
}
