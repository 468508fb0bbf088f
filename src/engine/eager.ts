/** Runs functions as they are written, op by op, on a tfjs backend: the oracle for every other engine. */
import * as tf from '@tensorflow/tfjs';
import { checkedInput, outputSpec } from './checks.js';
import {
  type DeviceArray,
  dtypeOf,
  type Engine,
  type HostArray,
  newArray,
  type TensorSpec,
  type Value,
} from './engine.js';

interface EagerArray extends DeviceArray {
  readonly tensor: tf.Tensor;
}

function eagerArray(tensor: tf.Tensor): EagerArray {
  return {
    tensor,
    shape: tensor.shape,
    read: async () => (await tensor.data()) as HostArray,
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

  return {
    name: backend === 'cpu' ? 'tfjs' : 'tensorflow',
    device: 'cpu',
    async compile(fn, signature, { keep = [] } = {}) {
      const evaluate = (inputs: Readonly<Record<string, Value>>) =>
        tf.tidy(() => {
          const tensors = Object.entries(signature).map(([name, spec]) => [name, asTensor(name, inputs[name], spec)]);
          const outputs = Object.entries(fn(Object.fromEntries(tensors)));
          // Clones: two outputs may be one tensor, and each is disposed by itself.
          return Object.fromEntries(outputs.map(([name, tensor]) => [name, tf.clone(tensor)]));
        });
      const zeros = Object.entries(signature).map(([name, spec]) => [name, newArray(spec)]);
      const sample = onBackend(() => evaluate(Object.fromEntries(zeros)));
      tf.dispose(sample);
      return {
        outputs: Object.fromEntries(Object.entries(sample).map(([name, tensor]) => [name, outputSpec(name, tensor)])),
        async run(inputs) {
          return onBackend(() => {
            const results = Object.entries(evaluate(inputs)).map(([name, tensor]): [string, Value] => {
              if (keep.includes(name)) return [name, eagerArray(tensor)];
              const values = tensor.dataSync<'float32' | 'int32'>();
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
      const dtype = dtypeOf(values);
      return onBackend(() => eagerArray(tf.tensor(values.slice(), [...shape], dtype)));
    },
    async dispose() {},
  };
}
