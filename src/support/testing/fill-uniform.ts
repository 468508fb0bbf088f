/** The numbers of `createUniformBuffer` in plain TypeScript: what its WebAssembly is held to. */
import { fillWords, type Stream } from '../random.js';
import { NUMBERS_A_RUN } from '../random-buffers.js';

const LANES = 4;

/**
 * Fills `out` with numbers uniform on (centre − bound, centre + bound), two from each word: 16 bits of resolution,
 * symmetric about the centre. Each Philox block is the state of a xoshiro128++ generator (Blackman & Vigna 2021) of 64 words,
 * and four of those take turns, one word each.
 */
export function fillUniform(stream: Stream, out: Float32Array, bound: number, centre = 0): Float32Array {
  const scale = Math.fround(bound / 32768);
  const offset = Math.fround(centre + scale / 2);
  const runs = Math.ceil(out.length / NUMBERS_A_RUN);
  const states = fillWords(stream, new Uint32Array(4 * LANES * runs));
  const halves = new Int16Array(NUMBERS_A_RUN);
  const run = new Uint32Array(halves.buffer);
  for (let r = 0; r < runs; r++) {
    for (let lane = 0; lane < LANES; lane++) xoshiro(states.subarray(4 * (LANES * r + lane)), run, lane);
    const start = r * halves.length;
    const end = Math.min(out.length, start + halves.length);
    for (let i = start; i < end; i++) out[i] = Math.fround(halves[i - start]! * scale) + offset;
  }
  return out;
}

/** xoshiro128++: writes every LANES-th word from `lane` on; `state` is used up. */
function xoshiro(state: Uint32Array, words: Uint32Array, lane: number): void {
  let [s0, s1, s2, s3] = state as unknown as [number, number, number, number];
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  for (let i = lane; i < words.length; i += LANES) {
    words[i] = rotate(s0 + s3, 7) + s0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotate(s3, 11);
  }
}
