/** The methods by name: what each is made of, from its settings in a config. */
import type { MethodSpec } from '../config/methods.js';
import type { Layout } from '../nn/layout.js';
import { smoothOut } from '../smoothout/algorithm.js';
import { arwp } from '../smoothout/arwp.js';
import type { Method, Noise } from '../smoothout/method.js';
import { ownMethod } from '../smoothout/own.js';
import {
  filterAdaptivePerturbation,
  filterwisePerturbation,
  gaussianPerturbation,
  uniformPerturbation,
} from '../smoothout/perturbation.js';
import { asam, sam } from '../smoothout/sam.js';
import { twoSided } from '../smoothout/two-sided.js';

/** Plain back-propagation at w. */
const baseline: Method = { noise: null, evaluations: 1, gradient: (w, { backPropagate }) => backPropagate(w) };

const plainPerturbation = ({ distribution }: Pick<Noise, 'distribution'>) =>
  distribution === 'gaussian' ? gaussianPerturbation : uniformPerturbation;

export function buildMethod(method: MethodSpec, layout: Layout): Method {
  /** The gradient at w + θ, with Gaussian θ in proportion to each filter's norm. */
  const filterwise = (noise: Omit<Noise, 'distribution'>) =>
    smoothOut(filterwisePerturbation(layout), { ...noise, distribution: 'gaussian' });
  switch (method.name) {
    case 'baseline':
      return baseline;
    case 'smoothout':
      return smoothOut(plainPerturbation(method.noise), method.noise);
    case 'adasmoothout':
      return smoothOut(filterAdaptivePerturbation(layout), method.noise);
    case 'smoothout-deterministic': {
      const fixed = { distribution: 'uniform', per: 'copy', schedule: 'constant' } as const;
      return smoothOut(uniformPerturbation, { ...fixed, ...method.noise }, method.copies);
    }
    case 'smoothout-two-sided':
      return twoSided(plainPerturbation(method.noise), method.noise);
    case 'own':
      return ownMethod(method.file).build({ noise: method.noise ?? null, settings: method.settings }, layout);
    case 'sam':
      return sam(method);
    case 'asam':
      return asam(method);
    case 'lpf-sgd':
      // The M parts that a batch is cut into (plan.ts) are passes, as ghost batches are.
      return filterwise({ ...method.noise, per: 'ghostBatch' });
    case 'rwp':
      return filterwise(method.noise);
    case 'arwp':
      return arwp(method, method.noise, layout);
  }
}
