/** Millions of random numbers a step, at the speed of the processor's vector unit (philox/philox.as.ts). */
import type { Borrowed } from './borrowed.js';
import { PHILOX_WASM } from './philox/wasm.js';
import { type Stream, streamWords } from './random.js';

/** Numbers of one distribution in one array, which every fill writes over. */
export interface RandomBuffer {
  /** It stays one array for the buffer's whole life. */
  readonly values: Float32Array;
  fill(stream: Stream, scale: number): Borrowed<Float32Array>;
}

export interface UniformBuffer extends RandomBuffer {
  /** Fills `values` with numbers uniform on (centre − bound, centre + bound), of 16 bits, symmetric about the centre. */
  fill(stream: Stream, bound: number, centre?: number): Borrowed<Float32Array>;
}

export const createUniformBuffer = (size: number): UniformBuffer => instantiate(size);

/** `size` numbers from N(0, scale²), by Box–Muller from uniform ones of 16 bits: the largest is 4.9 deviations. */
export function createNormalBuffer(size: number): RandomBuffer {
  const { values, fill } = instantiate(size);
  return { values, fill: (stream, deviation) => fill(stream, 0.5, 0.5, deviation) };
}

/** What philox/philox.as.ts exports; `words` are those of the stream, then scale, offset and deviation. */
interface Exports {
  fill(runs: number, ...words: readonly number[]): void;
}

/** The part of the WebAssembly API used here; TypeScript has it in its DOM library only, Node.js's types not at all. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: unknown;
  }
}

const PAGE = 65_536;

/** Two from each of 64 words of each of the four generators that take turns (philox/philox.as.ts). */
export const NUMBERS_A_RUN = 2 * 4 * 64;

let compiled: WebAssembly.Module | undefined;

/** The module with a memory for at least `size` numbers, of which `values` is the beginning. */
function instantiate(size: number) {
  compiled ??= new WebAssembly.Module(Buffer.from(PHILOX_WASM, 'base64'));
  const runs = Math.ceil(size / NUMBERS_A_RUN);
  const pages = Math.max(1, Math.ceil((4 * NUMBERS_A_RUN * runs) / PAGE));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const exports = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
  const values = new Float32Array(memory.buffer, 0, size);
  return {
    values,
    fill(stream: Stream, bound: number, centre = 0, deviation = 0) {
      const scale = Math.fround(bound / 32768);
      exports.fill(runs, ...streamWords(stream), scale, Math.fround(centre + scale / 2), deviation);
      return values;
    },
  };
}
