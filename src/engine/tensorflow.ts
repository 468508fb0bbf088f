/** TensorFlow's C library through `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, whichever the user has installed. */
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../support/errors.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';
import { installedTensorFlow, TENSORFLOW_PACKAGES } from './tensorflow-package.js';

/**
 * An engine that runs functions op by op in TensorFlow.
 * @throws SmoothOutError ENGINE_UNAVAILABLE where the package is not installed or its library does not load.
 */
export async function createTensorFlowEngine(device?: 'cpu' | 'cuda'): Promise<Engine> {
  const found = installedTensorFlow(device);
  if (!found) {
    const names = TENSORFLOW_PACKAGES.filter((one) => device === undefined || one.device === device).map(
      ({ name }) => name,
    );
    throw new SmoothOutError('ENGINE_UNAVAILABLE', `--engine tensorflow needs ${names.join(' or ')}.`, {
      hint: `npm install --ignore-scripts=false ${names[0]}; docs/gpu.md says for which GPUs. Or leave --engine out.`,
    });
  }
  restoreUtil();
  try {
    // Loading it registers the backend 'tensorflow' with the tfjs that is loaded already.
    await import(found.name);
  } catch (cause) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', `${found.name} is installed but does not load.`, {
      hint: `npm rebuild --ignore-scripts=false ${found.name} fetches its library; docs/gpu.md says what that needs.`,
      cause,
    });
  }
  const { isUsingGpuDevice } = tf.findBackend('tensorflow') as { isUsingGpuDevice?: boolean };
  if (device === 'cuda' && !isUsingGpuDevice) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', `${found.name} found no GPU that it can use.`, {
      hint: 'It needs CUDA 11.2, cuDNN 8.1 and a GPU older than Hopper (docs/gpu.md). Or try --engine onnx.',
    });
  }
  return { ...createEagerEngine('tensorflow'), device: isUsingGpuDevice ? 'cuda' : 'cpu' };
}

/** Puts back what Node.js 23 took away and tfjs-node 4.22 still calls. */
export function restoreUtil(): void {
  const old = util as { isArray?: unknown; isNullOrUndefined?: unknown };
  old.isArray ??= Array.isArray;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}
