/**
 * Where the time of a training step goes on WebGPU: `profile.ts STEP FOLDER [--steps 4] [--small]`, with a step of
 * scripts/gpu-check/speed.ts or, with small images, a network of scripts/gpu-check/networks.ts. ONNX Runtime's traces stay in
 * FOLDER; the sums are printed, of a step.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '../../src/engine/engine.js';
import type { InferenceSession } from '../../src/engine/onnx/runtime.js';
import { createWebGpuEngine } from '../../src/engine/onnx/webgpu/engine.js';
import { stepTask } from '../bench/measurements.js';
import { prepareWork } from '../bench/ours-work.js';
import { NETWORKS, smallTask } from '../gpu-check/networks.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '4' }, small: { type: 'boolean', default: false } },
});
const [name, folder] = positionals as [string, string];
const steps = Number(options.steps);
const task = options.small
  ? await smallTask(NETWORKS.find((network) => network.name === name)!, true)
  : await stepTask(`${name}-`, 'smoothout');

/** Milliseconds a step, with these options besides for each of ONNX Runtime's sessions. */
async function timed(session: () => InferenceSession.SessionOptions): Promise<number> {
  const engine = await createWebGpuEngine({ mayFallBack: false, session });
  const programs: { dispose(): Promise<void> }[] = [];
  const watched: Engine = {
    ...engine,
    async compile(...inputs) {
      const program = await engine.compile(...inputs);
      programs.push(program);
      return program;
    },
  };
  const { seconds } = await (await prepareWork(watched, task)).run(steps, 1);
  for (const program of programs) await program.dispose();
  await engine.dispose();
  return (1000 * seconds) / steps;
}

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
}

interface Sum {
  readonly count: number;
  readonly ms: number;
}

/** Of all steps but the first, which compiles its shaders. */
function sumsOf(traces: string) {
  const programs = new Map<string, Sum>();
  const [all, host] = [
    { count: 0, ms: 0 },
    { count: 0, ms: 0 },
  ];
  const share = 1 / (steps + 1);
  for (const file of readdirSync(traces)) {
    const events = JSON.parse(readFileSync(join(traces, file), 'utf8')) as Event[];
    const nodes = events.filter(({ cat, name: label }) => cat === 'Node' && label.endsWith('_kernel_time'));
    const runs = events.filter(({ name: label }) => label === 'model_run').length;
    // Copies are sessions of a single node.
    if (nodes.length <= runs) continue;
    const kept = (list: readonly Event[]) => list.slice(Math.round(list.length * share));
    for (const { dur } of kept(nodes)) add(host, dur);
    for (const { name: label, dur } of kept(events.filter(({ cat }) => cat === 'Api'))) {
      // node & operator & program
      const program = label.split('&').at(-1)!;
      const sum = programs.get(program) ?? { count: 0, ms: 0 };
      programs.set(program, sum);
      for (const each of [sum, all]) add(each, dur);
    }
  }
  return { all, host, programs: [...programs].sort(([, a], [, b]) => b.ms - a.ms) };
}

function add(sum: { -readonly [K in keyof Sum]: Sum[K] }, microseconds: number): void {
  sum.count += 1 / steps;
  sum.ms += microseconds / 1000 / steps;
}

const plain = await timed(() => ({}));
const nhwc = await timed(() => ({ executionProviders: [{ name: 'webgpu', preferredLayout: 'NHWC' }] }));
const traces = join(folder, name);
mkdirSync(traces, { recursive: true });
let sessions = 0;
// Every shader is compiled by now. A session writes its trace when it is released.
await timed(() => ({ enableProfiling: true, profileFilePrefix: join(traces, String(sessions++)) }));
const { all, host, programs } = sumsOf(traces);
const row = (label: string, { count, ms }: Sum) =>
  `  ${label.padEnd(32)} ${count.toFixed(0).padStart(6)} ${ms.toFixed(3).padStart(10)}`;
console.log(
  [
    `${name}: ${plain.toFixed(2)} ms a step, ${nhwc.toFixed(2)} with convolutions on NHWC; with traces:`,
    `  ${'of a step'.padEnd(32)} ${'times'.padStart(6)} ${'ms'.padStart(10)}`,
    row('nodes, prepared by the host', host),
    row('programs of the GPU', all),
    ...programs.slice(0, 20).map(([program, sum]) => row(program, sum)),
  ].join('\n'),
);
process.exit(0);
