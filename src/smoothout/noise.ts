/** The numbers behind θ, drawn on the host so that every engine and device sees the same. */
import type { Layout } from '../nn/layout.js';
import type { Stream, UniformBuffer } from '../support/random.js';

export interface NoiseOptions {
  readonly bound: number;
  /** `withoutBatchNorm` leaves the scale and shift of batch normalisation unperturbed. */
  readonly parameters: 'all' | 'withoutBatchNorm';
}

/** Fills a buffer of layout.size with numbers uniform on (−bound, bound): θ is new for every stream. */
export function drawNoise(buffer: UniformBuffer, stream: Stream, layout: Layout, options: NoiseOptions): Float32Array {
  const out = buffer.fill(stream, options.bound);
  if (options.parameters === 'withoutBatchNorm') {
    for (const { role, offset, size } of layout.parameters) {
      if (role === 'batchNormScale' || role === 'batchNormShift') out.fill(0, offset, offset + size);
    }
  }
  return out;
}
