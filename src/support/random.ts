/**
 * Counter-based randomness: every number is a pure function of (seed, purpose, epoch, step, chunk, index), so a resumed
 * run needs no saved generator state and every engine and device sees the same numbers.
 *
 * The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011):
 * key = (seed, purpose), counter = (index of the block of four words, chunk, step, epoch).
 */

/** What the numbers are for. The values are part of the file format: changing one changes every run. */
const PURPOSES = {
  initialisation: 1,
  shuffle: 2,
  augmentation: 3,
  dropout: 4,
  noise: 5,
  generatedData: 6,
  sensitivity: 7,
  sharpness: 8,
  direction: 9,
  holdout: 10,
  perturbation: 12,
  bootstrap: 13,
  curvature: 14,
  test: 255,
} as const;

export type Purpose = keyof typeof PURPOSES;

/** Names one stream of random numbers. Every number is an unsigned 32-bit integer; those left out are 0. */
export interface Stream {
  readonly seed: number;
  readonly purpose: Purpose;
  readonly epoch?: number;
  readonly step?: number;
  /** A part of a step: ghost batch, image, layer, repeat … */
  readonly chunk?: number;
}

/** key0, key1, counter1, counter2, counter3 of a stream; counter0 counts blocks. */
type StreamWords = readonly [seed: number, purpose: number, chunk: number, step: number, epoch: number];

export function streamWords({ seed, purpose, epoch = 0, step = 0, chunk = 0 }: Stream): StreamWords {
  return [seed >>> 0, PURPOSES[purpose], chunk >>> 0, step >>> 0, epoch >>> 0];
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // No sum exceeds 32 bits, so the halves are had by shifts: this is what most of the time goes into.
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** Fills `out` with the stream's 32-bit words, from word `start` (a multiple of 4) on. */
export function fillWords(stream: Stream, out: Uint32Array, start = 0): Uint32Array {
  const [seed, purpose, chunk, step, epoch] = streamWords(stream);
  for (let i = 0; i < out.length; i += 4) {
    let c0 = ((start + i) / 4) >>> 0;
    let c1 = chunk;
    let c2 = step;
    let c3 = epoch;
    let k0 = seed;
    let k1 = purpose;
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = multiplyHigh(MULTIPLIER_0, c0);
      const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
      const high1 = multiplyHigh(MULTIPLIER_1, c2);
      const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
      c0 = (high1 ^ c1 ^ k0) >>> 0;
      c1 = low1;
      c2 = (high0 ^ c3 ^ k1) >>> 0;
      c3 = low0;
      k0 = (k0 + WEYL_0) >>> 0;
      k1 = (k1 + WEYL_1) >>> 0;
    }
    out[i] = c0;
    if (i + 1 < out.length) out[i + 1] = c1;
    if (i + 2 < out.length) out[i + 2] = c2;
    if (i + 3 < out.length) out[i + 3] = c3;
  }
  return out;
}

/** `count` float32 numbers uniform on [low, high), 24 bits of resolution. */
export function uniform(stream: Stream, count: number, low = 0, high = 1): Float32Array {
  const words = fillWords(stream, new Uint32Array(count));
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = low + (high - low) * (words[i]! >>> 8) * 2 ** -24;
  return out;
}

/** `count` float32 numbers from the normal distribution with mean 0 (Box–Muller). */
export function normal(stream: Stream, count: number, standardDeviation = 1): Float32Array {
  const words = fillWords(stream, new Uint32Array(count + (count % 2)));
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(((words[i]! >>> 8) + 0.5) * 2 ** -24));
    const angle = 2 * Math.PI * (words[i + 1]! * 2 ** -32);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** `count` integers uniform on 0 … bound−1. */
export function integers(stream: Stream, count: number, bound: number): Uint32Array {
  return fillWords(stream, new Uint32Array(count)).map((word) => Math.floor((word * bound) / 2 ** 32));
}

/** A uniformly random order of 0 … length−1 (Fisher–Yates). */
export function permutation(stream: Stream, length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const words = fillWords(stream, new Uint32Array(length));
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor((words[i]! * (i + 1)) / 2 ** 32);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
