import * as tf from '@tensorflow/tfjs';
import { type Module, tensorNamed } from '../layer.js';
import { uniformByFanIn } from './uniformByFanIn.js';

/** `torch.nn.Linear`: [N, inputs] to [N, outputs], y = x·Wᵀ + b with W [outputs, inputs]. */
export function linear(inputs: number, outputs: number, { bias }: { readonly bias: boolean }): Module {
  return (name) => {
    const common = { fanIn: inputs, initial: uniformByFanIn(inputs) };
    const weight = { name: `${name}.weight`, shape: [outputs, inputs], role: 'weight', ...common } as const;
    const biases = bias ? [{ name: `${name}.bias`, shape: [outputs], role: 'bias', ...common } as const] : [];
    return {
      parameters: [weight, ...biases],
      statistics: [],
      dropout: [],
      apply: (x, { parameters }) => {
        const product = tf.matMul(x, tensorNamed(parameters, weight.name), false, true);
        return biases.reduce<tf.Tensor>((sum, b) => tf.add(sum, tensorNamed(parameters, b.name)), product);
      },
    };
  };
}
