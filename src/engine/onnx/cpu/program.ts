/** A traced function as an ONNX Runtime session between host arrays: inputs are fed and outputs fetched as views of them. */
import { named } from '../../../support/at.js';
import { sizeOf } from '../../../support/shape.js';
import type { HostArray, Value } from '../../engine.js';
import {
  checkedInput,
  type FlatProgram,
  type IsKept,
  isDeviceArray,
  type NamedValues,
  type Signature,
} from '../../flat.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import type { TracedFunction } from '../tracer.js';
import type { CpuArray, CpuMemory } from './memory.js';
import { runInPlace, UNRETURNED } from './run-in-place.js';

/**
 * With an input of so many elements (16 MiB), arrays are large and few. ONNX Runtime's plan, which has all of a run's
 * arrays in one block, then takes twice the memory and, of pages that are new, more time than single allocations.
 */
const LARGE = 2 ** 22;

export async function createCpuProgram(
  { graph, inputs, outputs, takes, returns }: TracedFunction,
  memory: CpuMemory,
  threads: number,
  isKept: IsKept,
  executionProviders: readonly string[] = ['cpu'],
): Promise<FlatProgram> {
  const session = await ort.createInferenceSession(encodeModel(graph, UNRETURNED), {
    executionProviders,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableMemPattern: inputs.every(({ shape }) => sizeOf(shape) < LARGE),
    logSeverityLevel: 3,
  });
  const tensor = (values: HostArray, offset: number, shape: readonly number[]): ort.Tensor =>
    new ort.Tensor(values.subarray(offset, offset + sizeOf(shape)) as never, shape);

  return {
    async run(given) {
      const feeds = Object.fromEntries(
        inputs.map(({ name, source, offset, shape }) => {
          return [name, tensor(hostArray(given, source, takes), offset, shape)];
        }),
      );
      const results: Record<string, Value> = {};
      const fetches: Record<string, ort.Tensor> = {};
      for (const [name, { shape }] of Object.entries(returns)) {
        const kept = isKept(name) ? memory.allocate(shape) : undefined;
        const values = kept?.values ?? new Float32Array(sizeOf(shape));
        results[name] = kept ?? values;
        for (const piece of named(outputs, name)) fetches[piece.name] = tensor(values, piece.offset, piece.shape);
      }
      await runInPlace(session, feeds, fetches);
      return results;
    },
    dispose: () => session.release(),
  };
}

function hostArray(given: NamedValues, name: string, expected: Signature): HostArray {
  const value = given[name];
  return checkedInput(name, value && isDeviceArray(value) ? (value as CpuArray).values : value, named(expected, name));
}
