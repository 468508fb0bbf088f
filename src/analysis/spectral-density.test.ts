import { describe, expect, test } from 'vitest';
import { largestEigenpairs, type SymmetricMatrix } from './lanczos.js';
import { densityOf, probeSpectrum, traceOf } from './spectral-density.js';
import { withEigenvalues } from './testing/matrices.js';

const stream = { seed: 1, purpose: 'test' } as const;

async function probesOf(matrix: SymmetricMatrix, count: number, steps: number, known: readonly Float32Array[] = []) {
  const probes = [];
  for (let i = 0; i < count; i++) probes.push(await probeSpectrum(matrix, known, steps, { ...stream, step: i }));
  return probes;
}

/** Ten outliers over a bulk, as networks have them. */
const SPECTRUM = [
  ...Array.from({ length: 10 }, (_, i) => 100 / (1 + i)),
  ...Array.from({ length: 190 }, (_, i) => Math.cos(i) / 4),
];
const TRACE = SPECTRUM.reduce((a, b) => a + b, 0);
const SQUARES = SPECTRUM.reduce((a, b) => a + b * b, 0);

describe('the trace', () => {
  test('lies within its error bar, which is honest: so do 9 of 10 others within two', async () => {
    const matrix = withEigenvalues(SPECTRUM);
    const probes = await probesOf(matrix, 200, 1);
    const inside = Array.from({ length: 10 }, (_, i) => traceOf(200, [], probes.slice(20 * i, 20 * i + 20))).filter(
      ({ trace, error }) => Math.abs(trace - TRACE) < 2 * error!,
    );
    expect(inside.length).toBeGreaterThanOrEqual(9);
  });

  test('with the largest eigenvalues summed exactly, the error is a fraction of it', async () => {
    const matrix = withEigenvalues(SPECTRUM);
    const { values, vectors } = await largestEigenpairs(matrix, { count: 10, stream });
    const plain = traceOf(200, [], await probesOf(matrix, 30, 1));
    const deflated = traceOf(200, values, await probesOf(matrix, 30, 1, vectors));
    expect(Math.abs(deflated.trace - TRACE)).toBeLessThan(3 * deflated.error!);
    expect(deflated.error!).toBeLessThan(0.05 * plain.error!);
  });

  test('of a multiple of the identity is exact from one probe, and has no error bar then', async () => {
    const { trace, error } = traceOf(50, [], await probesOf(withEigenvalues(new Array<number>(50).fill(3)), 1, 5));
    expect(trace).toBeCloseTo(150, 4);
    expect(error).toBeNull();
  });

  test('of nothing but known eigenvalues is their sum', () => {
    expect(traceOf(3, [1, 2, -4], [])).toEqual({ trace: -1, error: 0 });
  });
});

describe('the density', () => {
  test.each([0, 10])('with %i eigenvalues known: integrates to 1, moments are those of its own probes', async (k) => {
    const matrix = withEigenvalues(SPECTRUM);
    const { values, vectors } =
      k === 0 ? { values: [], vectors: [] } : await largestEigenpairs(matrix, { count: k, stream, tolerance: 1e-6 });
    const probes = await probesOf(matrix, 8, 25, vectors);
    const { nodes, weights, trace, squaredFrobenius } = densityOf(200, values, probes);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(Math.abs(trace / traceOf(200, values, probes).trace - 1)).toBeLessThan(1e-12);
    expect([...nodes].sort((a, b) => a - b)).toEqual(nodes);

    // The same vectors again, by products alone.
    const single = await probesOf(matrix, 8, 1, vectors);
    expect(Math.abs(traceOf(200, values, single).trace / trace - 1)).toBeLessThan(1e-6);
    const double = densityOf(200, values, await probesOf(matrix, 8, 2, vectors));
    expect(Math.abs(double.squaredFrobenius / squaredFrobenius - 1)).toBeLessThan(1e-6);
    if (k === 10) expect(Math.abs(squaredFrobenius / SQUARES - 1)).toBeLessThan(1e-3);
  });

  test('steps enough for the whole space give every eigenvalue', async () => {
    const spectrum = [4, -3, 2, 1];
    const [probe] = await probesOf(withEigenvalues(spectrum), 1, 10);
    expect(probe!.nodes).toEqual(spectrum.map((value) => expect.closeTo(value, 5)));
  });
});
