/**
 * ONNX Runtime's CUDA device. A session's inputs and outputs are on the host there, so that the state of a training
 * crosses over at each run; `compileSteps` makes one run of several steps.
 */
import { availableParallelism } from 'node:os';
import { SmoothOutError } from '../../../support/errors.js';
import type { CompileOptions, Engine, Signature, TensorFunction } from '../../engine.js';
import { createOnnxEngine } from '../cpu/engine.js';
import { createCpuMemory } from '../cpu/memory.js';
import { createCpuProgram } from '../cpu/program.js';
import { GPU_KERNELS } from '../kernels/gpu.js';
import { type TracedFunction, trace } from '../tracer.js';
import { repeated, repeatedSignature } from './scan.js';

export type CudaEngine = Engine & Required<Pick<Engine, 'compileSteps'>>;

/**
 * @param provider 'cpu' runs the same graphs without a GPU, for tests.
 * @throws SmoothOutError ENGINE_UNAVAILABLE where the CUDA provider or a library that it needs does not load.
 */
export async function createCudaEngine(provider: 'cuda' | 'cpu' = 'cuda'): Promise<CudaEngine> {
  // ONNX Runtime lets cuBLAS and cuDNN round float32 to TF32, and its Node.js binding has no option against that. This
  // does, and is read when they load; 1 allows it.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const memory = createCpuMemory();
  const traced = (fn: TensorFunction, signature: Signature) =>
    trace(fn, signature, { pieces: false, kernels: GPU_KERNELS });
  const compile = (one: TracedFunction, signature: Signature, options: CompileOptions) =>
    createCpuProgram(one, signature, memory, availableParallelism(), options, [provider]);

  const engine: CudaEngine = {
    name: 'onnx',
    device: 'cuda',
    compile: async (fn, signature, options = {}) => compile(traced(fn, signature), signature, options),
    async compileSteps(fn, signature, steps, { shared = [], ...options } = {}) {
      const one = traced(fn, signature);
      const given = repeatedSignature(signature, one.signature, steps, shared);
      return compile(repeated(one, signature, steps, shared), given, options);
    },
    upload: createOnnxEngine().upload,
    async dispose() {},
  };
  await open(engine);
  return engine;
}

/** Fails now, and not in the middle of a run, where CUDA does not load. */
async function open(engine: Engine): Promise<void> {
  try {
    const program = await engine.compile(({ x }) => ({ y: x!.add(1) }), { x: { shape: [1], dtype: 'float32' } });
    await program.run({ x: Float32Array.of(1) });
    await program.dispose();
  } catch (cause) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', 'ONNX Runtime’s CUDA device does not load.', {
      hint: 'smoothout doctor says what is missing and how to get it; docs/gpu.md has the versions.',
      cause,
    });
  }
}
