/**
 * ONNX Runtime's WebGPU device: Dawn over Vulkan, Direct3D 12 or Metal. A whole step is one graph, and what a run keeps
 * stays on the GPU.
 */

import { SmoothOutError } from '../../../support/errors.js';
import type { Engine } from '../../engine.js';
import { structured } from '../../structured.js';
import type { InferenceSession } from '../runtime.js';
import { trace } from '../tracer.js';
import { guardDevice } from './device-errors.js';
import { WEBGPU_KERNELS } from './kernels.js';
import { createGpuMemory, type GpuMemory } from './memory.js';
import { createGpuProgram } from './program.js';

/** Left to itself the device has images as NHWC, with a Transpose before and after each convolution: 267 in a step of ResNet44. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};

export interface WebGpuOptions {
  /**
   * Whether a function may have operators that only the CPU can run: slow, as their operands go there and back. Nothing
   * that the networks of this project need is such, and tests hold it to that.
   */
  readonly mayFallBack?: boolean;
  /** More options for each of ONNX Runtime's sessions: settings of its WebGPU provider, profiling. */
  readonly session?: () => InferenceSession.SessionOptions;
}

/** @throws SmoothOutError ENGINE_UNAVAILABLE where Dawn finds no GPU. */
export async function createWebGpuEngine({ mayFallBack = true, session }: WebGpuOptions = {}): Promise<Engine> {
  const options = () => ({ ...SESSION_OPTIONS, ...session?.() });
  const guard = guardDevice();
  const memory = createGpuMemory(options, guard);
  await open(memory);
  return structured({
    name: 'onnx',
    device: 'webgpu',
    async compile(fn, signature, isKept) {
      const traced = trace(fn, signature, { pieces: false, kernels: WEBGPU_KERNELS });
      return createGpuProgram(traced, { memory, guard, session: options(), isKept, mayFallBack });
    },
    upload: memory.upload,
    dispose: memory.dispose,
  });
}

/** Opens the GPU. The session that this copy leaves open keeps Dawn's device alive, with every shader compiled for it. */
async function open(memory: GpuMemory): Promise<void> {
  try {
    (await memory.upload(Float32Array.of(0), [1])).dispose();
  } catch (cause) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', 'WebGPU found no GPU that it can use.', {
      hint: 'smoothout doctor shows which drivers are here, docs/gpu.md what each machine needs; or run with --device cpu.',
      cause,
    });
  }
}
