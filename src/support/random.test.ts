import { describe, expect, test } from 'vitest';
import { compilePhilox } from '../../scripts/build-philox.js';
import { PHILOX_WASM } from './philox/wasm.js';
import { fillWords, integers, normal, permutation, type Stream, uniform } from './random.js';
import { createUniformBuffer } from './random-buffers.js';
import { fillUniform } from './testing/fill-uniform.js';

const stream: Stream = { seed: 1, purpose: 'test' };
const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Philox4x32-10 with exact 64-bit products. */
function philox(counter: bigint[], key: bigint[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

describe('the generator', () => {
  test("the oracle gives the known answers of the authors' test vectors", () => {
    expect(philox([0n, 0n, 0n, 0n], [0n, 0n])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const f = 0xffffffffn;
    expect(philox([f, f, f, f], [f, f])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  });

  test.each([
    { seed: 1, purpose: 'test' },
    { seed: 0xffffffff, purpose: 'noise', epoch: 0xffffffff, step: 0xfffffffe, chunk: 0xdeadbeef },
    { seed: 123456789, purpose: 'shuffle', epoch: 7, step: 3, chunk: 11 },
  ] satisfies Stream[])('agrees with 64-bit arithmetic for %o', (s) => {
    const purpose = { test: 255n, noise: 5n, shuffle: 2n }[s.purpose];
    const key = [BigInt(s.seed), purpose];
    const words = fillWords(s, new Uint32Array(9), 8);
    const block = (i: bigint) => philox([i, BigInt(s.chunk ?? 0), BigInt(s.step ?? 0), BigInt(s.epoch ?? 0)], key);
    expect([...words]).toEqual([...block(2n), ...block(3n), ...block(4n)].slice(0, 9));
  });

  test('streams that differ in one part differ everywhere', () => {
    const first = fillWords(stream, new Uint32Array(64));
    for (const part of ['seed', 'epoch', 'step', 'chunk'] as const) {
      const other = fillWords({ ...stream, [part]: 2 }, new Uint32Array(64));
      expect(other.filter((word, i) => word === first[i]).length).toBe(0);
    }
  });
});

describe('distributions', () => {
  test('uniform covers [low, high) with the right moments', () => {
    const sample = uniform(stream, 100_000, -2, 3);
    expect(Math.min(...sample)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...sample)).toBeLessThan(3);
    expect(Math.abs(mean(sample) - 0.5)).toBeLessThan(4 * (5 / Math.sqrt(12 * 100_000)));
  });

  test('normal has the right first four moments', () => {
    const sample = normal(stream, 100_001, 2);
    const moment = (k: number) => mean(sample.map((x) => (x / 2) ** k));
    expect(Math.abs(moment(1))).toBeLessThan(0.015);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(moment(3))).toBeLessThan(0.05);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });

  test('integers stay below the bound and reach every value', () => {
    const counts = new Array<number>(7).fill(0);
    for (const value of integers(stream, 7000, 7)) counts[value]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('a permutation holds every index once and depends on the epoch', () => {
    const first = permutation(stream, 1000);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...permutation({ ...stream, epoch: 1 }, 1000)]).not.toEqual([...first]);
  });
});

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
