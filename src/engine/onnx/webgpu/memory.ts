/**
 * Arrays that stay on the GPU between runs. ONNX Runtime hands an output over as a GPU buffer and takes it as an input
 * again, but its Node.js binding can neither fill nor read one: copies go through a graph of one node, whose input or
 * whose output is on the host.
 */

import type { DeviceArray } from '../../engine.js';
import { createGraphBuilder } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import type { Guard } from './device-errors.js';

export interface GpuArray extends DeviceArray {
  readonly tensor: ort.Tensor;
}

export type GpuMemory = ReturnType<typeof createGpuMemory>;

type Location = 'cpu' | 'gpu-buffer';

export function createGpuMemory(sessionOptions: () => ort.InferenceSession.SessionOptions, guard: Guard) {
  const sessions = new Map<string, Promise<ort.InferenceSession>>();

  async function copy(source: ort.Tensor, preferredOutputLocation: Location): Promise<ort.Tensor> {
    const key = `${preferredOutputLocation} ${source.dims}`;
    if (!sessions.has(key)) {
      const options = { ...sessionOptions(), preferredOutputLocation };
      sessions.set(key, ort.createInferenceSession(copyModel(source.dims), options));
    }
    const { copied } = await guard(async () => (await sessions.get(key)!).run({ source }));
    return copied!;
  }

  function adopt(tensor: ort.Tensor): GpuArray {
    return {
      tensor,
      shape: tensor.dims,
      read: async () => (tensor.size === 0 ? new Float32Array() : ((await copy(tensor, 'cpu')).data as Float32Array)),
      dispose: () => tensor.dispose(),
    };
  }

  return {
    /** The array in a buffer that a run left on the GPU. */
    adopt,
    async upload(values: Float32Array, shape: readonly number[]): Promise<GpuArray> {
      const source = new ort.Tensor(values, shape);
      return adopt(values.length === 0 ? source : await copy(source, 'gpu-buffer'));
    },
    async dispose(): Promise<void> {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}

function copyModel(shape: readonly number[]): Uint8Array {
  const graph = createGraphBuilder();
  const source = graph.input('source', 'float32', shape);
  return encodeModel(graph.build([{ name: 'copied', source, dtype: 'float32', shape }]));
}
