/** A traced function as an ONNX Runtime session between host arrays: inputs are fed and outputs fetched as views of them. */
import * as ort from 'onnxruntime-node';
import { checkedInput } from '../../checks.js';
import {
  type CompileOptions,
  type HostArray,
  newArray,
  type Program,
  type Signature,
  sizeOf,
  type Value,
} from '../../engine.js';
import { viewOf } from '../pieces.js';
import { encodeModel } from '../protobuf.js';
import type { TracedFunction } from '../tracer.js';
import { type CpuArray, type CpuMemory, isDeviceArray } from './memory.js';

/**
 * With an input of so many elements (16 MiB), arrays are large and few. ONNX Runtime's plan, which has all of a run's
 * arrays in one block, then takes twice the memory and, of pages that are new, more time than single allocations.
 */
const LARGE = 2 ** 22;

export async function createCpuProgram(
  { graph, inputs, outputs, signature }: TracedFunction,
  expected: Signature,
  memory: CpuMemory,
  threads: number,
  { keep = [] }: CompileOptions,
  executionProviders: readonly string[] = ['cpu'],
): Promise<Program> {
  const session = await ort.InferenceSession.create(encodeModel(graph, UNRETURNED), {
    executionProviders,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableMemPattern: inputs.every(({ shape }) => sizeOf(shape) < LARGE),
    logSeverityLevel: 3,
  });
  const tensor = (values: HostArray, offset: number, shape: readonly number[]): ort.Tensor =>
    new ort.Tensor(viewOf(values, offset, shape) as never, shape);

  return {
    outputs: signature,
    async run(given) {
      const feeds = Object.fromEntries(
        inputs.map(({ name, source, offset, shape }) => {
          return [name, tensor(hostArray(given, source, expected), offset, shape)];
        }),
      );
      const results: Record<string, Value> = {};
      const fetches: Record<string, ort.Tensor> = {};
      for (const [name, spec] of Object.entries(signature)) {
        const kept = keep.includes(name) ? memory.allocate(spec) : undefined;
        const values = kept?.values ?? newArray(spec);
        results[name] = kept ?? values;
        for (const piece of outputs[name]!) fetches[piece.name] = tensor(values, piece.offset, piece.shape);
      }
      await runInPlace(session, feeds, fetches);
      return results;
    },
    dispose: () => session.release(),
  };
}

/**
 * The Node.js binding copies every tensor that it returns, although the outputs were written in place before: at each step
 * all parameters and the optimizer's state once more. It converts them in order, and there is nothing it can make of a
 * sequence: so the first output is one, and the run ends there, with everything computed.
 */
const UNRETURNED = 'unreturned';

async function runInPlace(session: ort.InferenceSession, feeds: Tensors, fetches: Tensors): Promise<void> {
  try {
    await session.run(feeds, { [UNRETURNED]: null, ...fetches });
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Non tensor type'))) throw error;
  }
}

type Tensors = Readonly<Record<string, ort.Tensor>>;

function hostArray(given: Readonly<Record<string, Value>>, name: string, expected: Signature): HostArray {
  const value = given[name];
  return checkedInput(name, value && isDeviceArray(value) ? (value as CpuArray).values : value, expected[name]!);
}
