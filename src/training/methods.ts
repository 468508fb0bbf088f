/** The methods by name: what each is made of, from its settings in a config. */
import type { MethodSpec } from '../config/methods.js';
import type { Layout } from '../nn/layout.js';
import { smoothOut } from '../smoothout/algorithm.js';
import { lpfSgd } from '../smoothout/lpf-sgd.js';
import type { Method, Noise } from '../smoothout/method.js';
import { ownMethod } from '../smoothout/own.js';
import { filterAdaptivePerturbation, gaussianPerturbation, uniformPerturbation } from '../smoothout/perturbation.js';
import { arwp, rwp } from '../smoothout/rwp.js';
import { asam, sam } from '../smoothout/sam.js';
import { twoSided } from '../smoothout/two-sided.js';

/** Plain back-propagation at w. */
const baseline: Method = { noise: null, evaluations: 1, gradient: (w, { backPropagate }) => backPropagate(w) };

const plainPerturbation = ({ distribution }: Pick<Noise, 'distribution'>) =>
  distribution === 'gaussian' ? gaussianPerturbation : uniformPerturbation;

export function buildMethod(method: MethodSpec, layout: Layout): Method {
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
      return lpfSgd(method.noise, layout);
    case 'rwp':
      return rwp(method.noise, layout);
    case 'arwp':
      return arwp(method, method.noise, layout);
  }
}
