import { describe, expect, test } from 'vitest';
import { compilePhilox } from '../../../scripts/build-philox.js';
import { fillUniform, type Stream } from '../random.js';
import { createUniformBuffer } from './uniform-buffer.js';
import { PHILOX_WASM } from './wasm.js';

describe('the vectorised generator', () => {
  test.each([0, 1, 511, 512, 513, 70_001])('gives the numbers of fillUniform, %i of them', (size) => {
    const streams: Stream[] = [
      { seed: 1, purpose: 'noise' },
      { seed: 0xfffffffe, purpose: 'dropout', epoch: 0xffffffff, step: 0x80000001, chunk: 7 },
    ];
    const buffer = createUniformBuffer(size);
    for (const stream of streams) {
      for (const [bound, centre] of [
        [1, 0],
        [0.01, 0],
        [0.5, 0.5],
        [0, 0],
      ] as const) {
        const expected = fillUniform(stream, new Float32Array(size), bound, centre);
        expect(buffer.fill(stream, bound, centre)).toEqual(expected);
      }
    }
  });

  test('the committed module is what its source compiles to', () => {
    expect(compilePhilox()).toBe(PHILOX_WASM);
  });
});
