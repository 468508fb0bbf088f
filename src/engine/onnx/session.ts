/** A traced function as an ONNX Runtime session between host arrays: inputs are fed and outputs fetched as views of them. */
import * as ort from 'onnxruntime-node';
import { type CompileOptions, type HostArray, type Program, type Signature, sizeOf, type Value } from '../engine.js';
import { checkedInput } from '../inputs.js';
import { type CpuArray, type CpuMemory, isDeviceArray } from './cpu-memory.js';
import { viewOf } from './pieces.js';
import { encodeModel } from './protobuf.js';
import type { TracedFunction } from './tracer.js';

export async function createCpuProgram(
  { graph, inputs, outputs, signature }: TracedFunction,
  expected: Signature,
  memory: CpuMemory,
  threads: number,
  { keep = [] }: CompileOptions,
  executionProviders: readonly string[] = ['cpu'],
): Promise<Program> {
  const session = await ort.InferenceSession.create(encodeModel(graph), {
    executionProviders,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
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
        const values = kept?.values ?? newArray(spec.dtype, sizeOf(spec.shape));
        results[name] = kept ?? values;
        for (const piece of outputs[name]!) fetches[piece.name] = tensor(values, piece.offset, piece.shape);
      }
      await session.run(feeds, fetches);
      return results;
    },
    dispose: () => session.release(),
  };
}

const newArray = (dtype: 'float32' | 'int32', size: number): HostArray =>
  dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);

function hostArray(given: Readonly<Record<string, Value>>, name: string, expected: Signature): HostArray {
  const value = given[name];
  return checkedInput(name, value && isDeviceArray(value) ? (value as CpuArray).values : value, expected[name]!);
}
