/** Arrays that stay with the CPU engine between runs: host memory, handed from step to step and used again. */
import { sizeOf } from '../../../support/shape.js';
import type { DeviceArray } from '../../engine.js';

export interface CpuArray extends DeviceArray {
  readonly values: Float32Array;
}

export type CpuMemory = ReturnType<typeof createCpuMemory>;

export function createCpuMemory() {
  const freeBySize = new Map<number, Float32Array[]>();

  /** An array of undefined contents. */
  function allocate(shape: readonly number[]): CpuArray {
    const size = sizeOf(shape);
    const free = freeBySize.get(size) ?? [];
    freeBySize.set(size, free);
    const values = free.pop() ?? new Float32Array(size);
    let disposed = false;
    // Disposed memory belongs to the next array: to compute with it would be to compute with that one's numbers.
    const inUse = () => {
      if (disposed) throw new Error('a device array was used after it had been disposed');
      return values;
    };
    return {
      get values() {
        return inUse();
      },
      shape,
      read: async () => inUse(),
      dispose() {
        if (!disposed) free.push(values);
        disposed = true;
      },
    };
  }

  return {
    allocate,
    async upload(values: Float32Array, shape: readonly number[]): Promise<CpuArray> {
      const array = allocate(shape);
      array.values.set(values);
      return array;
    },
  };
}
