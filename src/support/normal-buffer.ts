/** Gaussian random numbers by the million a step, beside the uniform ones of random.ts. */
import type { Borrowed } from './borrowed.js';
import { createUniformBuffer, type Stream } from './random.js';

/** As many as 16 bits tell apart. */
const WORDS = 65_536;
/** 12 of the bits, so that the processor's first cache holds them: the radius alone decides how far the tails go. */
const ANGLES = WORDS >> 4;

/** The two factors of the Box–Muller transform, √(−2 ln u) and cos 2πv, for u and v evenly spread over (0, 1). */
const RADII = Float32Array.from({ length: WORDS }, (_, i) => Math.sqrt(-2 * Math.log((i + 0.5) / WORDS)));
const COSINES = Float32Array.from({ length: ANGLES }, (_, i) => Math.cos((2 * Math.PI * (i + 0.5)) / ANGLES));
/** sin x = cos (x − π/2): three quarters of a turn ahead. */
const TO_SINE = (3 * ANGLES) / 4;

/** A buffer of `size` numbers from N(0, deviation²), new for every stream; the largest is 4.9 deviations. */
export function createNormalBuffer(size: number) {
  const uniforms = createUniformBuffer(size + (size % 2));
  return {
    fill(stream: Stream, deviation: number): Borrowed<Float32Array> {
      // Whole numbers from 0 to 65,535.
      const numbers = uniforms.fill(stream, WORDS / 2, (WORDS - 1) / 2);
      for (let i = 0; i < numbers.length; i += 2) {
        const radius = deviation * RADII[numbers[i]! | 0]!;
        const angle = (numbers[i + 1]! | 0) >> 4;
        numbers[i] = radius * COSINES[angle]!;
        numbers[i + 1] = radius * COSINES[(angle + TO_SINE) & (ANGLES - 1)]!;
      }
      return numbers.subarray(0, size);
    },
  };
}
