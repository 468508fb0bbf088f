/** Runs functions as they are written, op by op, on a tfjs backend: the oracle for every other engine. */
import * as tf from '@tensorflow/tfjs';
import { checkedInput, outputSpec } from './checks.js';
import { type DeviceArray, type Engine, newArray, type TensorSpec, type Value } from './engine.js';
import type { NamedValues } from './flat.js';
import { structured } from './structured.js';

interface EagerArray extends DeviceArray {
  readonly tensor: tf.Tensor;
}

function eagerArray(tensor: tf.Tensor): EagerArray {
  return {
    tensor,
    shape: tensor.shape,
    read: async () => tensor.data<'float32'>(),
    dispose: () => tensor.dispose(),
  };
}

/** `backend` is a registered tfjs backend: 'cpu', or 'tensorflow' once tfjs-node is loaded. */
export function createEagerEngine(backend: 'cpu' | 'tensorflow' = 'cpu'): Engine {
  function asTensor(name: string, value: Value | undefined, spec: TensorSpec): tf.Tensor {
    const given = checkedInput(name, value, spec);
    if ('read' in given) return tf.reshape((given as EagerArray).tensor, [...spec.shape]);
    // A copy: tfjs would compute with the caller's array, and could hand it back as an output.
    return tf.tensor(given.slice(), [...spec.shape], spec.dtype);
  }

  /** Runs `compute` on this backend, and leaves the one that was in force before in force. */
  function onBackend<T>(compute: () => T): T {
    const before = tf.getBackend();
    tf.setBackend(backend);
    try {
      return compute();
    } finally {
      tf.setBackend(before || backend);
    }
  }

  return structured({
    name: backend === 'cpu' ? 'tfjs' : 'tensorflow',
    device: 'cpu',
    async compile(fn, signature, { isKept }) {
      const evaluate = (inputs: NamedValues) =>
        tf.tidy(() => {
          const tensors = Object.entries(signature).map(([name, spec]) => [name, asTensor(name, inputs[name], spec)]);
          const outputs = Object.entries(fn(Object.fromEntries(tensors)));
          // Clones: two outputs may be one tensor, and each is disposed by itself.
          return Object.fromEntries(outputs.map(([name, tensor]) => [name, tf.clone(tensor)]));
        });
      const zeros = Object.entries(signature).map(([name, spec]) => [name, newArray(spec)]);
      const sample = onBackend(() => evaluate(Object.fromEntries(zeros)));
      tf.dispose(sample);
      for (const [name, tensor] of Object.entries(sample)) outputSpec(name, tensor);
      return {
        async run(inputs) {
          return onBackend(() => {
            const results = Object.entries(evaluate(inputs)).map(([name, tensor]): [string, Value] => {
              if (isKept(name)) return [name, eagerArray(tensor)];
              const values = tensor.dataSync<'float32'>();
              tensor.dispose();
              return [name, values];
            });
            return Object.fromEntries(results);
          });
        },
        async dispose() {},
      };
    },
    async upload(values, shape) {
      return onBackend(() => eagerArray(tf.tensor(values.slice(), [...shape])));
    },
    async dispose() {},
  });
}
