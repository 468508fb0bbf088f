/** Averages of the parameters along the training: exponential (EMA), and stochastic weight averaging (SWA). */
import * as tf from '@tensorflow/tfjs';
import type { RunSpec } from '../config/schema.js';

export type AverageSettings = NonNullable<RunSpec['average']>;

/** Where a step is: how many came before it, how many an epoch has, and the whole training. */
interface Place {
  readonly done: number;
  readonly stepsAnEpoch: number;
  readonly total: number;
}

/**
 * The share that the parameters after a step have in the average, which then is average + share · (parameters − average).
 * The first share is 1. EMA: 1 − decay at every step. SWA (Izmailov et al. 2018): 1/n for the n-th of the averaged
 * parameters, which are those at the ends of the epochs after the share `from` of the training; 0 at other steps.
 */
export function shareAt(settings: AverageSettings, { done, stepsAnEpoch, total }: Place): number {
  if (settings.kind === 'ema') return done === 0 ? 1 : 1 - settings.decay;
  const after = done + 1;
  const [epoch, epochs] = [after, total].map((steps) => Math.ceil(steps / stepsAnEpoch)) as [number, number];
  const n = epoch - Math.floor(settings.from * epochs);
  const isEnd = after % stepsAnEpoch === 0 || after === total;
  return isEnd && n > 0 ? 1 / n : 0;
}

/** The average with so large a share of the parameters. */
export const averaged = (average: tf.Tensor1D, parameters: tf.Tensor1D, share: tf.Scalar): tf.Tensor1D =>
  tf.add(average, tf.mul(tf.sub(parameters, average), share));
