/**
 * ONNX Runtime's CUDA device. A session's inputs and outputs are on the host there, so that the state of a training
 * crosses over at each call; `runs` therefore takes several runs into one call (gathered.ts, scan.ts).
 */
import { availableParallelism } from 'node:os';
import { SmoothOutError } from '../../../support/errors.js';
import { type Engine, float } from '../../engine.js';
import { handingOn } from '../../flat.js';
import { createProgramCache } from '../../program-cache.js';
import { structured } from '../../structured.js';
import { createCpuMemory } from '../cpu/memory.js';
import { createCpuProgram } from '../cpu/program.js';
import { GPU_KERNELS } from '../kernels/gpu.js';
import { trace } from '../tracer.js';
import { gathered } from './gathered.js';
import { repeated } from './scan.js';

/**
 * @param provider 'cpu' runs the same graphs without a GPU, for tests.
 * @throws SmoothOutError ENGINE_UNAVAILABLE where the CUDA provider or a library that it needs does not load.
 */
export async function createCudaEngine(
  provider: 'cuda' | 'cpu' = 'cuda',
  threads = availableParallelism(),
): Promise<Engine> {
  // ONNX Runtime lets cuBLAS and cuDNN round float32 to TF32, and its Node.js binding has no option against that. This
  // does, and is read when they load; 1 allows it.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const memory = createCpuMemory();
  const engine = structured({
    name: 'onnx',
    device: 'cuda',
    async compile(fn, signature, isKept) {
      const once = trace(fn, signature, { pieces: false, kernels: GPU_KERNELS });
      // How many runs are one, and the names of the inputs that they share.
      const programs = createProgramCache((key: string) => {
        const [count, ...shared] = key.split(' ');
        const runs = Number(count);
        return createCpuProgram(runs === 1 ? once : repeated(once, runs, shared), memory, threads, isKept, [provider]);
      });
      return {
        run: async (inputs) => (await programs.get('1')).run(inputs),
        runs(first, each) {
          const shared = Object.keys(first).filter((name) => !(name in once.returns));
          return handingOn(first, gathered(each), async (carried, { inputs, runs }) => {
            const program = await programs.get(runs === 1 ? '1' : [runs, ...shared].join(' '));
            return program.run({ ...carried, ...inputs });
          });
        },
        dispose: programs.dispose,
      };
    },
    upload: memory.upload,
    async dispose() {},
  });
  await open(engine);
  return engine;
}

/** Fails now, and not in the middle of a run, where CUDA does not load. */
async function open(engine: Engine): Promise<void> {
  try {
    const program = await engine.compile(({ x }) => ({ y: x.add(1) }), { x: float(1) });
    await program.run({ x: Float32Array.of(1) });
    await program.dispose();
  } catch (cause) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', 'ONNX Runtime’s CUDA device does not load.', {
      hint: 'smoothout doctor says what is missing and how to get it; docs/gpu.md has the versions.',
      cause,
    });
  }
}
