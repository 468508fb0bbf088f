/** Checks one network, for gpu-check.ts: `one.ts agreement|speed NETWORK --device webgpu|cuda …`. A JSON object on stdout. */
import { parseArgs } from 'node:util';
import { createEngine, type EngineChoice } from '../../src/engine/create.js';
import type { Engine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { createWebGpuEngine } from '../../src/engine/onnx/webgpu/engine.js';
import { deviations } from './agreement.js';
import { NETWORKS, smallTask } from './networks.js';
import { type Agreement, isWithin, ROUNDING, type Speeds } from './results.js';
import { speedOf, speedOfPyTorch } from './speed.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'webgpu' },
    steps: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    python: { type: 'string' },
  },
});
const [check, network] = positionals as [string, string];

const engine = await openEngine();
try {
  console.log(JSON.stringify(check === 'agreement' ? await agreement() : await speeds()));
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
await engine.dispose();
// A driver that does not come to an end would look like a network that does not.
process.exit();

/** The device as training gets it; but on WebGPU, an operator that only the CPU has a kernel for is an error. */
async function openEngine(): Promise<Engine> {
  if (options.device === 'webgpu') return createWebGpuEngine({ mayFallBack: false });
  return createEngine({ engine: 'onnx', device: options.device as EngineChoice['device'] });
}

async function agreement(): Promise<Agreement> {
  const task = await smallTask(NETWORKS.find(({ name }) => name === network)!, options.small);
  const [steps, cpu] = [Number(options.steps), createOnnxEngine()];
  const found = await deviations(task, steps, engine, cpu);
  if (isWithin(found, {})) return { verdict: 'agrees', deviations: found };
  const ofRounding = await deviations(task, steps, cpu, cpu, ROUNDING);
  const verdict = isWithin(found, ofRounding) ? 'agrees as far as rounding lets it' : 'DISAGREES';
  return { verdict, deviations: found, ofRounding };
}

async function speeds(): Promise<Speeds> {
  const seconds = Number(options.seconds);
  const ours = await speedOf(engine, network, seconds);
  return { ...ours, pytorch: options.python ? await speedOfPyTorch(options.python, network, seconds) : null };
}
