import { expect, test } from 'vitest';
import { createNormalBuffer, createUniformBuffer } from './random-buffers.js';

const SIZE = 1_000_001;
const stream = { seed: 3, purpose: 'test' } as const;
const numbers = createNormalBuffer(SIZE).fill(stream, 1).slice();

/** The mean of f over the numbers. */
const mean = (f: (z: number, i: number) => number) => numbers.reduce((sum, z, i) => sum + f(z, i), 0) / SIZE;

test('has the moments of the normal distribution', () => {
  // Standard errors of the mean of z, z², z³ and z⁴ are √(1, 2, 15, 96) / 1000.
  expect(Math.abs(mean((z) => z))).toBeLessThan(4e-3);
  expect(Math.abs(mean((z) => z ** 2) - 1)).toBeLessThan(4 * 1.5e-3);
  expect(Math.abs(mean((z) => z ** 3))).toBeLessThan(4 * 3.9e-3);
  expect(Math.abs(mean((z) => z ** 4) - 3)).toBeLessThan(4 * 9.8e-3);
});

test('has its tails: P(|z| > 1, 2, 3)', () => {
  for (const [bound, share] of [
    [1, 0.31731],
    [2, 0.0455],
    [3, 0.0027],
  ] as const) {
    expect(Math.abs(mean((z) => (Math.abs(z) > bound ? 1 : 0)) - share)).toBeLessThan(4e-3 * Math.sqrt(share));
  }
});

test('has neighbours that know nothing of each other', () => {
  for (const apart of [1, 2, 3]) {
    expect(Math.abs(mean((z, i) => z * (numbers[i + apart] ?? 0)))).toBeLessThan(4e-3);
    expect(Math.abs(mean((z, i) => z ** 2 * (numbers[i + apart] ?? 1) ** 2) - 1)).toBeLessThan(4 * 3e-3);
  }
});

test('is a function of the stream, scaled by the deviation', () => {
  const buffer = createNormalBuffer(5);
  const once = buffer.fill(stream, 1).slice();
  expect(once).toEqual(numbers.subarray(0, 5));
  expect(buffer.fill({ ...stream, step: 1 }, 1)).not.toEqual(once);
  expect(buffer.fill(stream, 2)).toEqual(once.map((z) => 2 * z));
});

test('is Box–Muller of the uniform numbers', () => {
  const uniform = createUniformBuffer(SIZE + 7).fill(stream, 0.5, 0.5);
  let largest = 0;
  for (let i = 0; i + 8 <= SIZE; i += 8) {
    for (let lane = i; lane < i + 4; lane++) {
      const [u, v] = [uniform[lane]!, uniform[lane + 4]!];
      const radius = Math.sqrt(-2 * Math.log(u));
      const angle = Math.PI * (2 * v - 1);
      const errors = [numbers[lane]! - radius * Math.sin(angle), numbers[lane + 4]! - radius * Math.cos(angle)];
      largest = Math.max(largest, ...errors.map(Math.abs));
    }
  }
  expect(largest).toBeLessThan(5e-5);
});
