/** The default engine: tfjs to write in, ONNX Runtime to run on. */
import { availableParallelism } from 'node:os';
import type { Engine } from '../../engine.js';
import { structured } from '../../structured.js';
import { trace } from '../tracer.js';
import { blockSize } from './block-size.js';
import { cpuKernels } from './kernels.js';
import { createCpuMemory } from './memory.js';
import { createCpuProgram } from './program.js';

/** `threads` is how many one operation uses. */
export function createOnnxEngine({ threads = availableParallelism() } = {}): Engine {
  const memory = createCpuMemory();
  return structured({
    name: 'onnx',
    device: 'cpu',
    async compile(fn, signature, isKept) {
      const block = await blockSize();
      const traced = trace(fn, signature, { pieces: true, kernels: cpuKernels(block) });
      return createCpuProgram(traced, memory, threads, isKept);
    },
    upload: memory.upload,
    async dispose() {},
  });
}
