/**
 * Two-sided SmoothOut, as noise-stabilised optimisation does it (NSO, arXiv 2306.08553): the mean of the gradients at
 * w + θ and w − θ, in which what is linear in θ cancels.
 */
import * as tf from '@tensorflow/tfjs';
import { smoothOutGradient } from './algorithm.js';
import type { Method, Noise } from './method.js';
import type { Perturbation } from './perturbation.js';

/** Running statistics and loss are those of the pass at w + θ. */
export const twoSided = (perturbation: Perturbation, noise: Noise): Method => ({
  noise,
  evaluations: 2,
  gradient(w, { backPropagate, u, a }) {
    const theta = perturbation(w, u, a);
    const plus = smoothOutGradient(w, { theta, backPropagate });
    const minus = smoothOutGradient(w, { theta: tf.neg(theta), backPropagate });
    return { ...plus, gradient: tf.mul(tf.add(plus.gradient, minus.gradient), 0.5) };
  },
});
