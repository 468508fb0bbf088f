/** The methods by name: what each is made of, from its settings in a config. */
import type { Tensor1D } from '@tensorflow/tfjs';
import type { MethodSpec } from '../config/schema.js';
import type { Layout } from '../nn/layout.js';
import { smoothOutGradient } from './algorithm.js';
import type { Method, Noise } from './method.js';
import { filterAdaptivePerturbation, type Perturbation, uniformPerturbation } from './perturbation.js';
import { asam, sam } from './sam.js';

/** Plain back-propagation at w. */
const baseline: Method = { noise: null, evaluations: 1, gradient: (w, { backPropagate }) => backPropagate(w) };

/** Algorithm 1 with one of the perturbations. */
function smoothOut(perturbation: Perturbation, noise: Noise, copies = 1): Method {
  return {
    noise,
    evaluations: 1,
    copies,
    gradient: (w, { backPropagate, u, a }) =>
      smoothOutGradient(w, { perturb: (at: Tensor1D) => perturbation(at, u, a), backPropagate }),
  };
}

export function buildMethod(method: MethodSpec, layout: Layout): Method {
  switch (method.name) {
    case 'baseline':
      return baseline;
    case 'smoothout':
      return smoothOut(uniformPerturbation, { distribution: 'uniform', ...method.noise });
    case 'adasmoothout':
      return smoothOut(filterAdaptivePerturbation(layout), { distribution: 'uniform', ...method.noise });
    case 'smoothout-deterministic': {
      const fixed = { distribution: 'uniform', per: 'copy', schedule: 'constant' } as const;
      return smoothOut(uniformPerturbation, { ...fixed, ...method.noise }, method.copies);
    }
    case 'sam':
      return sam(method);
    case 'asam':
      return asam(method);
  }
}
