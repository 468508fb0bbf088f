/** Arrays that stay with the CPU engine between runs: host memory, handed from step to step and used again. */
import { type DeviceArray, sizeOf } from '../../engine.js';

export interface CpuArray extends DeviceArray {
  readonly values: Float32Array;
}

export interface CpuMemory {
  /** An array of undefined contents. */
  allocate(shape: readonly number[]): CpuArray;
}

export function createCpuMemory(): CpuMemory {
  const free = new Map<number, Float32Array[]>();
  return {
    allocate(shape) {
      const size = sizeOf(shape);
      const shelf = free.get(size) ?? [];
      free.set(size, shelf);
      const values = shelf.pop() ?? new Float32Array(size);
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
          if (!disposed) shelf.push(values);
          disposed = true;
        },
      };
    },
  };
}
