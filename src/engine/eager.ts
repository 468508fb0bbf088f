/** Runs functions as they are written, op by op, on a tfjs backend: the oracle for every other engine. */
import * as tf from '@tensorflow/tfjs';
import type { DeviceArray, Engine, HostArray, TensorSpec, Value } from './engine.js';

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
  const asTensor = (value: Value, { shape, dtype }: TensorSpec): tf.Tensor =>
    'tensor' in value ? (value as EagerArray).tensor.clone() : tf.tensor(value as HostArray, [...shape], dtype);

  return {
    name: backend === 'cpu' ? 'tfjs' : 'tensorflow',
    device: 'cpu',
    async compile(fn, signature, { keep = [] } = {}) {
      const evaluate = (inputs: Readonly<Record<string, Value>>) => {
        tf.setBackend(backend);
        return tf.tidy(() => {
          const tensors = Object.entries(signature).map(([name, spec]) => [name, asTensor(inputs[name]!, spec)]);
          return fn(Object.fromEntries(tensors)) as tf.NamedTensorMap;
        });
      };
      const zeros = Object.entries(signature).map(([name, { shape, dtype }]) => {
        const size = shape.reduce((a, b) => a * b, 1);
        return [name, dtype === 'int32' ? new Int32Array(size) : new Float32Array(size)];
      });
      const sample = evaluate(Object.fromEntries(zeros));
      const outputs = Object.fromEntries(
        Object.entries(sample).map(([name, { shape, dtype }]) => [
          name,
          { shape, dtype: dtype as 'float32' | 'int32' },
        ]),
      );
      tf.dispose(sample);
      return {
        outputs,
        async run(inputs) {
          const results: Record<string, Value> = {};
          for (const [name, tensor] of Object.entries(evaluate(inputs))) {
            if (keep.includes(name)) {
              results[name] = eagerArray(tensor);
            } else {
              results[name] = (await tensor.data()) as HostArray;
              tensor.dispose();
            }
          }
          return results;
        },
        async dispose() {},
      };
    },
    async upload(values, shape) {
      tf.setBackend(backend);
      return eagerArray(tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'));
    },
    async dispose() {},
  };
}
