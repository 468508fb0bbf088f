/** Images a second of a training step, how much of the time the device had work, and PyTorch on CUDA beside it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import { stepTask } from '../bench/measurements.js';
import { prepareWork } from '../bench/ours-work.js';
import type { StepTask } from '../bench/protocol.js';
import { startSide } from '../bench/side.js';
import { type GpuUse, gpuUseDuring } from './nvidia.js';

/** Steps that say how long one takes, and warm up as many before: more than a device makes in one call. */
const SOME = 16;

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
  const { seconds: first } = await work.run(SOME, SOME);
  const times = Math.ceil((SOME * seconds) / first);
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
  return {
    ...engine,
    async compile(...inputs) {
      const program = await timed(() => engine.compile(...inputs), 'compiling');
      return {
        ...program,
        run: (given) => timed(() => program.run(given), 'inRuns'),
        async *runs(first, each) {
          // What the host takes to make the inputs is no part of a run.
          let making = 0;
          const results = program.runs(
            first,
            timedItems(each, (taken) => {
              making += taken;
            }),
          );
          for (;;) {
            making = 0;
            const startedAt = performance.now();
            const { value, done } = await results.next();
            watch.inRuns += (performance.now() - startedAt) / 1000 - making;
            if (done) return;
            yield value;
          }
        },
      };
    },
  };
}

/** The items, with the seconds that each took to be made. */
async function* timedItems<T>(each: AsyncIterable<T>, onMade: (seconds: number) => void): AsyncGenerator<T> {
  const items = each[Symbol.asyncIterator]();
  for (;;) {
    const startedAt = performance.now();
    const { value, done } = await items.next();
    onMade((performance.now() - startedAt) / 1000);
    if (done) return;
    yield value;
  }
}

/** The Python that has PyTorch with CUDA; undefined where there is none. */
export function findPyTorchWithCuda(): string | undefined {
  const probe = 'import sys, torch; sys.exit(not (torch.cuda.is_available() and hasattr(torch, "set_default_device")))';
  const hasIt = (python: string) => spawnSync(python, ['-c', probe], { stdio: 'ignore' }).status === 0;
  return ['python3', '/usr/bin/python3'].find(hasIt);
}

/** How PyTorch may compute the step: pytorch_cuda_side.py. What takes long to compile comes last. */
const PYTORCH_WAYS = { float32: [], fed: ['--fed'], tf32: ['--tf32'], compiled: ['--tf32', '--compile'] } as const;

/** The same step in PyTorch, images a second by the way that it computes; a way that fails is said, and left out. */
export async function speedOfPyTorch(python: string, name: string, seconds: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [way, args] of Object.entries(PYTORCH_WAYS)) {
    try {
      found[way] = await speedOfPyTorchBy(python, args, name, seconds);
    } catch (error) {
      console.error(`PyTorch ${way}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return found;
}

async function speedOfPyTorchBy(
  python: string,
  args: readonly string[],
  name: string,
  seconds: number,
): Promise<number> {
  const task: StepTask = await stepTask(`${name}-`, 'smoothout');
  const program = join(PACKAGE_FOLDER, 'scripts/gpu-check/pytorch_cuda_side.py');
  const side = startSide(python, [program, ...args], process.env);
  try {
    await side.prepare(name, task);
    const { seconds: ten } = await side.run(name, 10, 5);
    const times = Math.max(10, Math.ceil((10 * seconds) / ten));
    return (times * task.spec.batchSize) / (await side.run(name, times, 0)).seconds;
  } finally {
    await side.close();
  }
}
