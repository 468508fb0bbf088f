/** Batch normalisation: its statistics, running averages and parameters. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';
import { named } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { sizeOf } from '../support/shape.js';
import { join } from './flat.js';
import type { Module } from './layers.js';
import type { Initialiser, Slot } from './layout.js';

/** Added to the variance (PyTorch's default `eps`). */
const EPSILON = 1e-5;
/** Weight of the newest batch in the running statistics (PyTorch's default `momentum`). */
const MOMENTUM = 0.1;

/**
 * `torch.nn.BatchNorm1d` and `BatchNorm2d`: normalises each channel, the last axis, over all others. Normalises by the
 * biased variance and remembers the unbiased one, as PyTorch does.
 */
export function batchNorm(channels: number, initial: Initialiser = { kind: 'batchNormScale' }): Module {
  return (name) => {
    const shape = [channels];
    const scale = { name: `${name}.weight`, role: 'batchNormScale', initial, shape } as const;
    const zero = { kind: 'constant', value: 0 } as const;
    const shift = { name: `${name}.bias`, role: 'batchNormShift', initial: zero, shape } as const;
    const mean = { name: `${name}.running_mean`, shape, initial: 0 } as const;
    const variance = { name: `${name}.running_var`, shape, initial: 1 } as const;
    return {
      parameters: [scale, shift],
      statistics: [mean, variance],
      dropout: [],
      apply: (x, { mode, parameters, statistics, batchStatistics }) => {
        const affine = [named(parameters, scale.name), named(parameters, shift.name)] as const;
        if (mode === 'running') {
          const constants = [named(statistics, mean.name), named(statistics, variance.name)] as const;
          return normaliseByConstants(x, constants, affine);
        }
        const moments = momentsOf(x);
        if (mode === 'train') {
          batchStatistics[mean.name] = moments.mean;
          batchStatistics[variance.name] = tf.mul(moments.variance, unbiasing(moments.count, name));
        }
        return normaliseByMoments(x, moments, affine);
      },
    };
  };
}

type Affine = readonly [scale: tf.Tensor, shift: tf.Tensor];
type Constants = readonly [mean: tf.Tensor, variance: tf.Tensor];

/** One multiplication and one addition for each element; the constants are folded per channel. */
function normaliseByConstants(x: tf.Tensor, [mean, variance]: Constants, [scale, shift]: Affine): tf.Tensor {
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(x, factor), tf.sub(shift, tf.mul(mean, factor)));
}

type Moments = ReturnType<typeof momentsOf>;

/** Two passes: E[x²] − E[x]² would cancel in float32 where a channel's mean is large beside its spread. */
function momentsOf(x: tf.Tensor) {
  const axes = axesBesideChannels(x);
  const mean = tf.mean(x, axes);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axes);
  return {
    /** x − mean: the backward pass needs nothing else of the size of x. */
    centred,
    mean,
    /** Biased: divided by `count`. */
    variance,
    /** Values in each channel. */
    count: sizeOf(x.shape.slice(0, -1)),
  };
}

const axesBesideChannels = ({ rank }: tf.Tensor) => Array.from({ length: rank - 1 }, (_, axis) => axis);

/**
 * y = γ·(x − μ)/σ + β with μ and σ of the batch. The backward pass is the closed form of Ioffe & Szegedy (2015,
 * section 3): dx = γ/σ · (dy − mean(dy) − x̂·mean(dy·x̂)), which reads and writes far less memory than differentiating
 * through the moments.
 */
function normaliseByMoments(x: tf.Tensor, { centred, variance, count }: Moments, [scale, shift]: Affine): tf.Tensor {
  const axes = axesBesideChannels(x);
  // Out here they are on tfjs's tape, so that the backward pass can be differentiated too.
  const inverse = tf.rsqrt(tf.add(variance, EPSILON));
  const factor = tf.mul(scale, inverse);
  const normalise = tf.customGrad((...inputs) => {
    const [, , beta, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([centred, inverse, factor]);
    return {
      value: tf.add(tf.mul(centred, factor), beta),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [deviation, inverseDeviation, slope] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const shiftGradient = tf.sum(dy, axes);
        const scaleGradient = tf.mul(tf.sum(tf.mul(dy, deviation), axes), inverseDeviation);
        const alongDeviation = tf.mul(deviation, tf.div(tf.mul(scaleGradient, inverseDeviation), count));
        const projected = tf.sub(tf.sub(dy, alongDeviation), tf.div(shiftGradient, count));
        return [tf.mul(projected, slope), scaleGradient, shiftGradient];
      },
    };
  });
  return normalise(x, scale, shift);
}

/** The running statistics of all layers, flat, after a batch that left its own; as they were where it left none. */
export function statisticsAfter(running: tf.Tensor1D, ofBatch: NamedTensors, slots: readonly Slot[]): tf.Tensor1D {
  if (Object.keys(ofBatch).length === 0) return running;
  return tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(join(ofBatch, slots), MOMENTUM));
}

/** n/(n − 1), the factor from the biased to the unbiased variance. */
function unbiasing(count: number, name: string): number {
  if (count > 1) return count / (count - 1);
  throw new SmoothOutError(
    'CONFIG_INVALID',
    `batch normalisation layer "${name}" cannot train on a batch of one image: one value has no variance`,
    { hint: 'choose a batchSize (or ghostBatchSize) that leaves no last batch of one image' },
  );
}
