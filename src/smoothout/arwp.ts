/** Random weight perturbation that adapts to earlier gradients, ARWP, and mixed with the gradient at w, m-ARWP (Li et al. 2024). */
import * as tf from '@tensorflow/tfjs';
import { eachParameter } from '../nn/flat.js';
import type { Layout } from '../nn/layout.js';
import { smoothOutGradient } from './algorithm.js';
import type { Method, Noise } from './method.js';
import { filterwisePerturbation, rows } from './perturbation.js';

interface Adaptive {
  /** λ, the share of the gradient at w + θ; the rest is that at w. With 1 the method is ARWP, at the cost of one pass. */
  readonly balance: number;
  /** η: how strongly earlier gradients damp the noise. */
  readonly eta: number;
  /** β: how long they are remembered. */
  readonly beta: number;
}

/**
 * θ of filter f is divided by √(1 + η·Σ_f s), with s ← β·s + g² of the gradients g at w + θ so far; the gradient is
 * λ·∇Q(w + θ) + (1 − λ)·∇Q(w), both of the same images. Running statistics and loss are those at w where it is taken.
 */
export function arwp({ balance, eta, beta }: Adaptive, settings: Omit<Noise, 'distribution'>, layout: Layout): Method {
  const noise: Noise = { ...settings, distribution: 'gaussian' };
  const perturbation = filterwisePerturbation(layout);
  const damped = (u: tf.Tensor1D, squares: tf.Tensor1D) =>
    eachParameter(layout, [u, squares], (normal, s) => {
      const damping = tf.sqrt(tf.add(1, tf.mul(tf.sum(rows(s), 1, true), eta)));
      return tf.div(rows(normal), damping);
    });
  return {
    noise,
    evaluations: balance === 1 ? 1 : 2,
    memory: ['squares'],
    gradient(w, { backPropagate, u, a, memory }) {
      const squares = memory.squares as tf.Tensor1D;
      const noisy = smoothOutGradient(w, { theta: perturbation(w, damped(u, squares), a), backPropagate });
      const next = { squares: tf.add(tf.mul(squares, beta), tf.square(noisy.gradient)) };
      if (balance === 1) return { ...noisy, memory: next };
      const clean = backPropagate(w);
      const gradient = tf.add(tf.mul(noisy.gradient, balance), tf.mul(clean.gradient, 1 - balance));
      return { ...clean, gradient, memory: next };
    },
  };
}
