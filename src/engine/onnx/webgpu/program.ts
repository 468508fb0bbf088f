/** A traced function as an ONNX Runtime session on the GPU: what is kept never leaves it. */
import * as ort from 'onnxruntime-node';
import { SmoothOutError } from '../../../support/errors.js';
import { checkedInput } from '../../checks.js';
import type { CompileOptions, HostArray, Program, Signature, Value } from '../../engine.js';
import { isDeviceArray } from '../cpu/memory.js';
import type { Graph } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import type { TracedFunction } from '../tracer.js';
import type { GpuArray, GpuMemory } from './memory.js';

/** ONNX Runtime refuses a graph of which a node would run on the CPU. */
const ALL_ON_GPU = { session: { disable_cpu_ep_fallback: '1' } };

export async function createGpuProgram(
  { graph, inputs, outputs, signature }: TracedFunction,
  expected: Signature,
  memory: GpuMemory,
  sessionOptions: ort.InferenceSession.SessionOptions,
  { keep = [], mayFallBack }: CompileOptions & { readonly mayFallBack: boolean },
): Promise<Program> {
  const onnxName = (name: string) => outputs[name]![0]!.name;
  const locations = Object.keys(signature).map((name) => [onnxName(name), keep.includes(name) ? 'gpu-buffer' : 'cpu']);
  const placed = { ...sessionOptions, preferredOutputLocation: Object.fromEntries(locations) };
  const session = await createSession(graph, placed, mayFallBack);

  return {
    outputs: signature,
    async run(given) {
      const feeds = inputs.map(({ name }) => [name, tensorOf(given, name, expected)]);
      const fetched = await session.run(Object.fromEntries(feeds));
      const results = Object.keys(signature).map((name): [string, Value] => {
        const tensor = fetched[onnxName(name)]!;
        return [name, keep.includes(name) ? memory.adopt(tensor) : (tensor.data as HostArray)];
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
    return await ort.InferenceSession.create(model, { ...options, extra: ALL_ON_GPU });
  } catch (cause) {
    if (!String(cause).includes('fallback to CPU EP has been explicitly disabled')) throw cause;
    if (mayFallBack) return ort.InferenceSession.create(model, options);
    const operators = [...new Set(graph.nodes.map(({ op }) => op))].sort();
    throw new SmoothOutError('UNSUPPORTED_OP', 'The function uses an operator that WebGPU has no kernel for.', {
      hint: `It is one of ${operators.join(', ')}, perhaps only for the dtype that it is used with.`,
      cause,
    });
  }
}

function tensorOf(given: Readonly<Record<string, Value>>, name: string, expected: Signature): ort.Tensor {
  const value = checkedInput(name, given[name], expected[name]!);
  return isDeviceArray(value) ? (value as GpuArray).tensor : new ort.Tensor(value as never, expected[name]!.shape);
}
