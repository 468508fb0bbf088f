/** Kernels of TensorFlow's Node.js package that do not take all that tfjs gives them, made to. */
import * as tf from '@tensorflow/tfjs';
import { IMAGE_KERNELS, withPadding } from './tensorflow-padding.js';

let isComplete = false;

/** Once the package is loaded. */
export function completeKernels(): void {
  if (isComplete) return;
  isComplete = true;
  for (const [name, kernel] of Object.entries(IMAGE_KERNELS)) {
    replace(name, (compute) => withPadding(name, kernel, compute));
  }
  replace('GatherV2', axisFromTheFront);
}

function replace(name: string, complete: (compute: tf.KernelFunc) => tf.KernelFunc): void {
  const config = tf.getKernel(name, 'tensorflow');
  tf.unregisterKernel(name, 'tensorflow');
  tf.registerKernel({ ...config, kernelFunc: complete(config.kernelFunc) });
}

/** The kernel checks indices against the extent of the axis, which it looks up by a number that may be negative. */
function axisFromTheFront(compute: tf.KernelFunc): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [axis] = tf.util.parseAxisParam(attrs!.axis as number, (inputs.x as tf.TensorInfo).shape);
    return compute({ inputs, attrs: { ...attrs, axis: axis! }, backend });
  };
}
