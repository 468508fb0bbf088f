/**
 * Whether this machine's GPU computes what the CPU computes, and how fast it trains:
 *
 *     npm run gpu-check [-- --device webgpu|cuda] [--only f1,c1] [--steps 20] [--seconds 5] [--small] [--no-speed]
 *
 * Exit status 1 where a network disagrees with the CPU by more than 1e-4 and by more than rounding explains, or does not
 * run.
 */
import { parseArgs } from 'node:util';
import { createEngine, type EngineChoice } from '../../src/engine/create.js';
import { findDevices } from '../../src/engine/devices.js';
import type { Engine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { createWebGpuEngine } from '../../src/engine/onnx/webgpu/engine.js';
import { type Deviations, deviations } from './agreement.js';
import { NETWORKS, smallTask } from './networks.js';
import { findPyTorchWithCuda, STEPS, speedOf, speedOfPyTorch } from './speed.js';

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    only: { type: 'string' },
    steps: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    'no-speed': { type: 'boolean', default: false },
  },
});
const ACCEPTED = 1e-4;
/** Relative: what sums of thousands of float32 products differ by, added in another order. */
const ROUNDING = 1e-6;
const only = options.only?.split(',');
const isChosen = (name: string) => only === undefined || only.some((one) => name === one || name.startsWith(`${one}-`));
const percent = (part: number) => `${(100 * part).toFixed(0)} %`;

for (const { engine, device, available, detail } of await findDevices()) {
  console.log(`${available ? 'yes' : 'no '} ${engine} ${device}: ${detail}`);
}
const engine = await chosenEngine();
if (engine.device === 'cpu') throw new Error('no GPU to check: name one with --device, or see docs/gpu.md');

await check(`agreement with the CPU over ${options.steps} steps, at most ${ACCEPTED}`, NETWORKS, async (network) => {
  const task = await smallTask(network, options.small);
  const [steps, cpu] = [Number(options.steps), createOnnxEngine()];
  const found = await deviations(task, steps, engine, cpu);
  if (isWithin(found, {})) return `agrees: ${listed(found)}`;
  const ofRounding = await deviations(task, steps, cpu, cpu, ROUNDING);
  const agrees = isWithin(found, ofRounding);
  if (!agrees) process.exitCode = 1;
  const own = `the CPU beside itself with parameters off by ${ROUNDING}: ${listed(ofRounding)}`;
  return `${agrees ? 'agrees as far as rounding lets it' : 'DISAGREES'}: ${listed(found)}; ${own}`;
});

if (!options['no-speed']) {
  const python = findPyTorchWithCuda();
  const steps = STEPS.map((name) => ({ name }));
  await check(`SmoothOut's training step${python ? '' : ' (no PyTorch with CUDA here)'}`, steps, async ({ name }) => {
    const { imagesPerSecond, compileSeconds, hostShare, gpu } = await speedOf(engine, name, Number(options.seconds));
    const theirs = python && (await speedOfPyTorch(python, name, Number(options.seconds)));
    return [
      `${imagesPerSecond.toFixed(0)} images/s`,
      ...(theirs ? [`PyTorch ${theirs.toFixed(0)}, ratio ${(imagesPerSecond / theirs).toFixed(2)}`] : []),
      `outside of runs ${percent(hostShare)} of the time`,
      ...(gpu ? [`GPU idle ${percent(1 - gpu.busy)}, memory ${gpu.memoryMiB} MiB`] : []),
      `compiled in ${compileSeconds.toFixed(1)} s`,
    ].join('; ');
  });
}
await engine.dispose();

/** Whether each deviation is accepted, or no larger than that of `others`. */
function isWithin(found: Deviations, others: Partial<Deviations>): boolean {
  return Object.entries(found).every(([name, value]) => {
    return value <= Math.max(ACCEPTED, others[name as keyof Deviations] ?? 0);
  });
}

function listed(found: Deviations): string {
  return Object.entries(found)
    .map(([name, value]) => `${name} ${value.toExponential(1)}`)
    .join(', ');
}

/** The device as training gets it; but on WebGPU, an operator that only the CPU has a kernel for is an error. */
async function chosenEngine(): Promise<Engine> {
  const found = await createEngine({ engine: 'onnx', device: options.device as EngineChoice['device'] });
  if (found.reason) console.log(found.reason);
  return found.device === 'webgpu' ? createWebGpuEngine({ mayFallBack: false }) : found;
}

/** One line a checkpoint. What does not run is said, and the rest goes on. */
async function check<T extends { readonly name: string }>(
  title: string,
  checkpoints: readonly T[],
  examine: (checkpoint: T) => Promise<string>,
): Promise<void> {
  console.log(`\n${title}`);
  for (const checkpoint of checkpoints.filter(({ name }) => isChosen(name))) {
    const line = await examine(checkpoint).catch((error: unknown) => {
      process.exitCode = 1;
      return `FAILED: ${error instanceof Error ? error.message : error}`;
    });
    console.log(`  ${checkpoint.name}: ${line}`);
  }
}
