/** A traced function as an ONNX Runtime session on the GPU: what is kept never leaves it. */

import { at, last, named } from '../../../support/at.js';
import { SmoothOutError } from '../../../support/errors.js';
import { sizeOf } from '../../../support/shape.js';
import type { Value } from '../../engine.js';
import {
  checkedInput,
  type FlatProgram,
  handingOn,
  type IsKept,
  isDeviceArray,
  mapValues,
  type NamedValues,
  type Signature,
} from '../../flat.js';
import type { Graph } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import type { TracedFunction } from '../tracer.js';
import type { Guard } from './device-errors.js';
import type { GpuArray, GpuMemory } from './memory.js';

/** ONNX Runtime refuses a graph of which a node would run on the CPU. */
const ALL_ON_GPU = { session: { disable_cpu_ep_fallback: '1' } };

interface GpuProgramOptions {
  readonly isKept: IsKept;
  readonly memory: GpuMemory;
  readonly guard: Guard;
  readonly session: ort.InferenceSession.SessionOptions;
  readonly mayFallBack: boolean;
}

export async function createGpuProgram(
  { graph, inputs, outputs, takes, returns }: TracedFunction,
  { memory, guard, session: sessionOptions, isKept, mayFallBack }: GpuProgramOptions,
): Promise<FlatProgram> {
  const onnxName = (name: string) => at(named(outputs, name), 0).name;
  const onGpu = Object.keys(returns).map((name) => [onnxName(name), 'gpu-buffer'] as const);
  const preferredOutputLocation = Object.fromEntries(onGpu);
  const session = await guard(() => createSession(graph, { ...sessionOptions, preferredOutputLocation }, mayFallBack));

  /** Sends a run to the GPU and waits for nothing: its results are arrays that are yet to be computed. */
  async function send(given: NamedValues): Promise<Record<string, GpuArray>> {
    const feeds = inputs.map(({ name }) => [name, tensorOf(given, name, takes)]);
    const results = await guard(() => session.run(Object.fromEntries(feeds)));
    return mapValues(returns, (_, name) => memory.adopt(named(results, onnxName(name))));
  }

  /** The results of some runs: the last one's array of what stays on the GPU, the numbers of all of them of the rest. */
  async function resultsOf(sent: readonly Record<string, GpuArray>[], stays: (name: string) => boolean) {
    const results = Object.keys(returns).map(async (name): Promise<[string, Value]> => {
      const arrays = sent.map((run) => named(run, name));
      return [name, stays(name) ? last(arrays) : await fetched(arrays)];
    });
    return Object.fromEntries(await Promise.all(results));
  }

  return {
    run: async (given) => resultsOf([await send(given)], isKept),
    // The GPU computes while the host prepares the next runs: it would wait for the host if each had to be fetched.
    async *runs(first, each) {
      let sent: Record<string, GpuArray>[] = [];
      for await (const run of handingOn(first, each, (carried, item) => send({ ...carried, ...item }))) {
        sent.push(run);
        if (sent.length < MOST_SENT) continue;
        yield await resultsOf(sent, (name) => name in first);
        sent = [];
      }
      if (sent.length > 0) yield await resultsOf(sent, (name) => name in first);
    },
    dispose: () => session.release(),
  };
}

/** Runs that may be under way together. */
const MOST_SENT = 8;

/** The numbers of arrays of one size, one behind the other; the arrays go back to the GPU. */
async function fetched(arrays: readonly GpuArray[]): Promise<Float32Array> {
  const size = sizeOf(at(arrays, 0).shape);
  const numbers = new Float32Array(arrays.length * size);
  for (const [i, array] of arrays.entries()) {
    numbers.set(await array.read(), i * size);
    array.dispose();
  }
  return numbers;
}

/** Where `mayFallBack` says so, operators that WebGPU has no kernel for run on the CPU, with copies before and after. */
async function createSession(graph: Graph, options: ort.InferenceSession.SessionOptions, mayFallBack: boolean) {
  const model = encodeModel(graph);
  try {
    return await ort.createInferenceSession(model, { ...options, extra: { ...options.extra, ...ALL_ON_GPU } });
  } catch (cause) {
    if (!String(cause).includes('fallback to CPU EP has been explicitly disabled')) throw cause;
    if (mayFallBack) return ort.createInferenceSession(model, options);
    const operators = [...new Set(graph.nodes.map(({ op }) => op))].sort();
    throw new SmoothOutError('UNSUPPORTED_OP', 'The function uses an operator that WebGPU has no kernel for.', {
      hint: `It is one of ${operators.join(', ')}, perhaps only for the dtype that it is used with.`,
      cause,
    });
  }
}

function tensorOf(given: NamedValues, name: string, expected: Signature): ort.Tensor {
  const spec = named(expected, name);
  const value = checkedInput(name, given[name], spec);
  return isDeviceArray(value) ? (value as GpuArray).tensor : new ort.Tensor(value as never, spec.shape);
}
