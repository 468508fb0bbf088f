/** Arrays that stay with the CPU engine between runs: host memory, handed from step to step and used again. */
import { type DeviceArray, type HostArray, newArray, sizeOf, type TensorSpec } from '../../engine.js';

export interface CpuArray extends DeviceArray {
  readonly values: HostArray;
}

export interface CpuMemory {
  /** An array of undefined contents. */
  allocate(spec: TensorSpec): CpuArray;
}

export function createCpuMemory(): CpuMemory {
  const free = new Map<string, HostArray[]>();
  return {
    allocate({ shape, dtype }) {
      const size = sizeOf(shape);
      const key = `${dtype} ${size}`;
      const shelf = free.get(key) ?? [];
      free.set(key, shelf);
      const values = shelf.pop() ?? newArray({ shape, dtype });
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

export function isDeviceArray(value: HostArray | DeviceArray): value is DeviceArray {
  return 'dispose' in value;
}
