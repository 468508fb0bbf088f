/** Images a second of a training step, how much of the time the device had work, and PyTorch on CUDA beside it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Engine, Program } from '../../src/engine/engine.js';
import { stepTask } from '../bench/measurements.js';
import { prepareWork } from '../bench/ours-work.js';
import type { StepTask } from '../bench/protocol.js';
import { startSide } from '../bench/side.js';
import { type GpuUse, gpuUseDuring } from './nvidia.js';

/** Small and large batches, by their names in scripts/bench/measurements.ts. */
export const STEPS = [
  'f1-sb',
  'f1-lb',
  'c1-sb',
  'c1-lb',
  'c3-sb',
  'c3-lb',
  'resnet44-sb',
  'resnet44-gbn',
  'alexnet-gbn',
];

export interface Speed {
  readonly imagesPerSecond: number;
  readonly compileSeconds: number;
  /** Part of the time that the host was not waiting in a run of a program: reading, drawing noise, JavaScript. */
  readonly hostShare: number;
  readonly gpu: GpuUse | undefined;
}

export async function speedOf(engine: Engine, name: string, seconds: number): Promise<Speed> {
  const task = await stepTask(`${name}-`, 'smoothout');
  const watch = { inRuns: 0, compiling: 0 };
  const work = await prepareWork(timing(engine, watch), task);
  const { atOnce = 1 } = work;
  const { seconds: first } = await work.run(atOnce, atOnce);
  const times = atOnce * Math.ceil(seconds / first);
  const [ran, gpu] = await gpuUseDuring(() => {
    watch.inRuns = 0;
    return work.run(times, 0);
  });
  return {
    imagesPerSecond: (times * task.spec.batchSize) / ran.seconds,
    compileSeconds: watch.compiling,
    hostShare: 1 - watch.inRuns / ran.seconds,
    gpu,
  };
}

function timing(engine: Engine, watch: { inRuns: number; compiling: number }): Engine {
  const timed = async <T>(work: () => Promise<T>, part: keyof typeof watch): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    watch[part] += (performance.now() - startedAt) / 1000;
    return result;
  };
  const compiled = async (compile: () => Promise<Program>): Promise<Program> => {
    const program = await timed(compile, 'compiling');
    return { ...program, run: (inputs) => timed(() => program.run(inputs), 'inRuns') };
  };
  const { compileSteps } = engine;
  return {
    ...engine,
    compile: (...args) => compiled(() => engine.compile(...args)),
    ...(compileSteps && { compileSteps: (...args) => compiled(() => compileSteps(...args)) }),
  };
}

/** The Python that has PyTorch with CUDA; null where there is none. */
export function findPyTorchWithCuda(): string | null {
  const probe = 'import sys, torch; sys.exit(not (torch.cuda.is_available() and hasattr(torch, "set_default_device")))';
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      execFileSync(python, ['-c', probe], { stdio: 'ignore' });
      return python;
    } catch {
      // The next one may have it.
    }
  }
  return null;
}

/** The same step in PyTorch, images a second. */
export async function speedOfPyTorch(python: string, name: string, seconds: number): Promise<number> {
  const task: StepTask = await stepTask(`${name}-`, 'smoothout');
  const side = startSide(python, [fileURLToPath(new URL('pytorch_cuda_side.py', import.meta.url))], process.env);
  try {
    await side.prepare(name, task);
    const { seconds: ten } = await side.run(name, 10, 5);
    const times = Math.max(10, Math.ceil((10 * seconds) / ten));
    return (times * task.spec.batchSize) / (await side.run(name, times, 0)).seconds;
  } finally {
    await side.close();
  }
}
