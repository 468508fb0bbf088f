/** Millions of random numbers a step, at the speed of the processor's vector unit. */
import { type Stream, streamWords } from '../random.js';
import { PHILOX_WASM } from './wasm.js';

export interface UniformBuffer {
  /** The same array for the buffer's whole life. */
  readonly values: Float32Array;
  /**
   * Fills `values` with numbers uniform on (centre − bound, centre + bound): those of `fillUniform` (random.ts), to the
   * last bit.
   */
  fill(stream: Stream, bound: number, centre?: number): Float32Array;
}

/** philox.as.ts: four generators of 64 words, each two numbers. */
const NUMBERS_A_RUN = 512;
const PAGE = 65_536;

type Fill = (
  runs: number,
  key0: number,
  key1: number,
  chunk: number,
  step: number,
  epoch: number,
  scale: number,
  offset: number,
) => void;

let compiled: WebAssembly.Module | undefined;

export function createUniformBuffer(size: number): UniformBuffer {
  compiled ??= new WebAssembly.Module(Buffer.from(PHILOX_WASM, 'base64'));
  const runs = Math.ceil(size / NUMBERS_A_RUN);
  const pages = Math.max(1, Math.ceil((4 * NUMBERS_A_RUN * runs) / PAGE));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  const fill = instance.exports.fill as Fill;
  const values = new Float32Array(memory.buffer, 0, size);
  return {
    values,
    fill(stream, bound, centre = 0) {
      const [seed, purpose, chunk, step, epoch] = streamWords(stream);
      const scale = Math.fround(bound / 32768);
      fill(runs, seed, purpose, chunk, step, epoch, scale, Math.fround(centre + scale / 2));
      return values;
    },
  };
}
