/**
 * TensorFlow's C library through `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, whichever the user has installed:
 * none is needed.
 */
import { createRequire } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { reasonOf, SmoothOutError } from '../support/errors.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';
import { completeKernels } from './tensorflow-kernels.js';

type Device = 'cpu' | 'cuda';

const DEVICES: Readonly<Record<string, Device>> = {
  '@tensorflow/tfjs-node-gpu': 'cuda',
  '@tensorflow/tfjs-node': 'cpu',
};

const packagesFor = (device?: Device) =>
  Object.keys(DEVICES).filter((name) => device === undefined || DEVICES[name] === device);

const require = createRequire(import.meta.url);

/** The name of the first of the two packages that is installed, of those for `device` where one is named. */
export function installedTensorFlow(device?: Device): string | undefined {
  return packagesFor(device).find((name) => {
    try {
      return require.resolve(`${name}/package.json`);
    } catch {
      return false;
    }
  });
}

/** An engine that runs functions op by op in TensorFlow. @throws as `loadTensorFlow` does */
export async function createTensorFlowEngine(device?: Device): Promise<Engine> {
  const loaded = await loadTensorFlow(device);
  return { ...createEagerEngine('tensorflow'), device: loaded.device };
}

const unavailable = (message: string, hint: string, cause?: unknown) =>
  new SmoothOutError('ENGINE_UNAVAILABLE', message, { hint, cause });

/** @throws SmoothOutError ENGINE_UNAVAILABLE where the package is not installed or its library does not load. */
export async function loadTensorFlow(device?: Device) {
  const packageName = installedTensorFlow(device);
  if (!packageName) {
    const hint = 'docs/gpu.md says how to get it, and for which GPUs; or leave --engine out';
    throw unavailable(`--engine tensorflow needs ${packagesFor(device).join(' or ')}`, hint);
  }
  restoreUtil();
  // Otherwise TensorFlow tells which processor it was compiled for, and takes all of a GPU's memory at once.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Loading it registers the backend 'tensorflow' with the tfjs that is loaded already.
  await import(packageName).catch((cause: unknown) => {
    const hint = 'docs/gpu.md says how its library is built or fetched';
    throw unavailable(`${packageName} is installed but does not load: ${reasonOf(cause)}`, hint, cause);
  });
  completeKernels();
  const { isUsingGpuDevice, binding } = tf.findBackend('tensorflow') as unknown as {
    isUsingGpuDevice: boolean;
    binding: { TF_Version: string };
  };
  if (device === 'cuda' && !isUsingGpuDevice) {
    const hint = 'docs/gpu.md says which CUDA and which GPU it needs; or try --engine onnx';
    throw unavailable(`${packageName} found no GPU that it can use`, hint);
  }
  const used: Device = isUsingGpuDevice ? 'cuda' : 'cpu';
  // The version is that of TensorFlow's library, not of the package.
  return { packageName, version: binding.TF_Version, device: used };
}

/** Puts back what Node.js 23 took away and tfjs-node 4.22 still calls. */
export function restoreUtil(): void {
  const old = util as { isArray?: unknown; isNullOrUndefined?: unknown };
  old.isArray ??= Array.isArray;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}
