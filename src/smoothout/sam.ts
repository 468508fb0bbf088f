/** Sharpness-aware minimisation, SAM (Foret et al. 2021) and ASAM (Kwon et al. 2021): the gradient uphill of w. */
import * as tf from '@tensorflow/tfjs';
import { smoothOutGradient } from './algorithm.js';
import type { Method } from './method.js';

/** Keeps the quotient finite where the gradient is 0. */
const TINY = 1e-12;

interface SamSettings {
  readonly rho: number;
  /** Which passes those of batch normalisation see: the one at w alone, as evaluation does, or both. Public code differs. */
  readonly runningStatistics: 'first' | 'both';
}

/** SAM: g at w + ε with ε = ρ·g/‖g‖₂, the point of the ball of radius ρ where the loss is highest to first order (Eq. 2). */
export const sam = (settings: SamSettings): Method => uphill(settings, (_, vector) => vector);

/** ASAM: the ball is stretched by T = |w| + η for each weight, so ε = ρ·T²g/‖Tg‖₂ (their Eq. 5). */
export const asam = ({ eta, ...settings }: SamSettings & { readonly eta: number }): Method =>
  uphill(settings, (w, vector) => tf.mul(vector, tf.add(tf.abs(w), eta)));

type Scale = (w: tf.Tensor1D, vector: tf.Tensor1D) => tf.Tensor1D;

/** @param scale multiplies a vector by T, the extent of the ball along each weight. */
function uphill({ rho, runningStatistics }: SamSettings, scale: Scale): Method {
  return {
    noise: null,
    evaluations: 2,
    gradient(w, { backPropagate }) {
      const first = backPropagate(w);
      const scaled = scale(w, first.gradient);
      const length = tf.sqrt(tf.sum(tf.square(scaled)));
      const theta: tf.Tensor1D = tf.mul(scale(w, scaled), tf.div(rho, tf.add(length, TINY)));
      const second = (at: tf.Tensor1D) => backPropagate(at, first);
      const { gradient, statistics } = smoothOutGradient(w, { theta, backPropagate: second });
      return { ...first, gradient, ...(runningStatistics === 'both' && { statistics }) };
    },
  };
}
