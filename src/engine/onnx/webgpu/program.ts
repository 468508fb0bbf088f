/** A traced function as an ONNX Runtime session on the GPU: what is kept never leaves it. */

import { SmoothOutError } from '../../../support/errors.js';
import { checkedInput } from '../../checks.js';
import type { Value } from '../../engine.js';
import { type CompileOptions, type FlatProgram, isDeviceArray, type NamedValues, type Signature } from '../../flat.js';
import type { Graph } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import { openSession } from '../session.js';
import type { TracedFunction } from '../tracer.js';
import type { Guard } from './device-errors.js';
import type { GpuArray, GpuMemory } from './memory.js';

/** ONNX Runtime refuses a graph of which a node would run on the CPU. */
const ALL_ON_GPU = { session: { disable_cpu_ep_fallback: '1' } };

interface GpuProgramOptions extends CompileOptions {
  readonly memory: GpuMemory;
  readonly guard: Guard;
  readonly session: ort.InferenceSession.SessionOptions;
  readonly mayFallBack: boolean;
}

export async function createGpuProgram(
  { graph, inputs, outputs, signature }: TracedFunction,
  expected: Signature,
  { memory, guard, session: sessionOptions, isKept, mayFallBack }: GpuProgramOptions,
): Promise<FlatProgram> {
  const onnxName = (name: string) => outputs[name]![0]!.name;
  const locations = Object.keys(signature).map((name) => [onnxName(name), isKept(name) ? 'gpu-buffer' : 'cpu']);
  const placed = { ...sessionOptions, preferredOutputLocation: Object.fromEntries(locations) };
  const session = await guard(() => createSession(graph, placed, mayFallBack));

  return {
    async run(given) {
      const feeds = inputs.map(({ name }) => [name, tensorOf(given, name, expected)]);
      const fetched = await guard(() => session.run(Object.fromEntries(feeds)));
      const results = Object.keys(signature).map((name): [string, Value] => {
        const tensor = fetched[onnxName(name)]!;
        return [name, isKept(name) ? memory.adopt(tensor) : (tensor.data as Float32Array)];
      });
      return Object.fromEntries(results);
    },
    dispose: () => session.release(),
  };
}

/** Where `mayFallBack` says so, operators that WebGPU has no kernel for run on the CPU, with copies before and after. */
async function createSession(graph: Graph, options: ort.InferenceSession.SessionOptions, mayFallBack: boolean) {
  const model = encodeModel(graph);
  try {
    return await openSession(model, { ...options, extra: { ...options.extra, ...ALL_ON_GPU } });
  } catch (cause) {
    if (!String(cause).includes('fallback to CPU EP has been explicitly disabled')) throw cause;
    if (mayFallBack) return openSession(model, options);
    const operators = [...new Set(graph.nodes.map(({ op }) => op))].sort();
    throw new SmoothOutError('UNSUPPORTED_OP', 'The function uses an operator that WebGPU has no kernel for.', {
      hint: `It is one of ${operators.join(', ')}, perhaps only for the dtype that it is used with.`,
      cause,
    });
  }
}

function tensorOf(given: NamedValues, name: string, expected: Signature): ort.Tensor {
  const value = checkedInput(name, given[name], expected[name]!);
  return isDeviceArray(value) ? (value as GpuArray).tensor : new ort.Tensor(value as never, expected[name]!.shape);
}
