/** Runs functions as they are written, op by op, on a tfjs backend: the oracle for every other engine. */
import * as tf from '@tensorflow/tfjs';
import { type DeviceArray, type Engine, newArray, type TensorSpec, type Value } from './engine.js';
import { checkedInput, mapValues, type NamedValues, outputSpec } from './flat.js';
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
    async compile(fn, signature, isKept) {
      const evaluate = (inputs: NamedValues) =>
        tf.tidy(() => {
          const outputs = fn(mapValues(signature, (spec, name) => asTensor(name, inputs[name], spec)));
          // Clones: two outputs may be one tensor, and each is disposed by itself.
          return mapValues(outputs, (tensor) => tf.clone(tensor));
        });
      const sample = onBackend(() => evaluate(mapValues(signature, newArray)));
      tf.dispose(sample);
      for (const [name, tensor] of Object.entries(sample)) outputSpec(name, tensor);
      return {
        async run(inputs) {
          return onBackend(() =>
            mapValues(evaluate(inputs), (tensor, name): Value => {
              if (isKept(name)) return eagerArray(tensor);
              const values = tensor.dataSync<'float32'>();
              tensor.dispose();
              return values;
            }),
          );
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
