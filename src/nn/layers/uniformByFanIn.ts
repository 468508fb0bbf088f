import type { Initialiser } from '../layout.js';

/**
 * PyTorch's default for the weights and biases of linear and convolution layers, U(−1/√fanIn, 1/√fanIn); the same
 * distribution in version 0.3.1, which the authors used, and today.
 */
export function uniformByFanIn(fanIn: number): Initialiser {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}
