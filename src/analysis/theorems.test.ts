/** Theorems 1 and 2 of the paper (Section 3.1, Appendix A), checked numerically under the Uniform Perturbation (5). */
import { describe, expect, test } from 'vitest';
import { minimize } from '../lbfgsb/minimize.js';
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { randomVector, seededRandom } from '../lbfgsb/testing/random.js';
import { uniform } from '../support/random.js';

type Loss = (w: ArrayLike<number>) => number;

/** Gauss–Legendre on [−1, 1] with ten points: exact for polynomials up to degree 19. */
const NODES = [0.14887433898163122, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717];
const WEIGHTS = [
  0.29552422471475287, 0.26926671930999635, 0.21908636251598204, 0.1494513491505806, 0.06667134430868814,
];
const RULE = [...NODES.map((node, i) => [node, WEIGHTS[i]!]), ...NODES.map((node, i) => [-node, WEIGHTS[i]!])];

/** The mean of the loss over the box of half-width a around w, keeping the coordinates where `keep` holds fixed. */
function boxMean(loss: Loss, w: ArrayLike<number>, a: number, fixed = -1): number {
  const point = Array.from(w);
  const meanFrom = (i: number): number => {
    if (i === point.length) return loss(point);
    if (i === fixed) return meanFrom(i + 1);
    const centre = w[i]!;
    let sum = 0;
    for (const [node, weight] of RULE) {
      point[i] = centre + a * node!;
      sum += (weight! / 2) * meanFrom(i + 1);
    }
    point[i] = centre;
    return sum;
  };
  return meanFrom(0);
}

/** C̄ (13) with its gradient (14): the difference of the loss's means over two opposite faces, divided by 2a. */
function averaged(loss: Loss, a: number): ObjectiveFunction {
  return async (w, gradient) => {
    for (let i = 0; i < w.length; i++) {
      const face = Array.from(w);
      face[i] = w[i]! + a;
      const ahead = boxMean(loss, face, a, i);
      face[i] = w[i]! - a;
      gradient[i] = (ahead - boxMean(loss, face, a, i)) / (2 * a);
    }
    return boxMean(loss, w, a);
  };
}

const centre = [0.4, -0.7, 0.2];

/** Symmetric about `centre` in every coordinate, coupled, and neither convex nor a sum of one-dimensional functions. */
const symmetric: Loss = (w) => {
  const d = centre.map((c, i) => w[i]! - c);
  const [x, y, z] = [d[0]! ** 2, d[1]! ** 2, d[2]! ** 2];
  return 0.3 * x + y + 0.5 * z + 0.8 * x * y + 0.2 * (1 - Math.cos(4 * d[2]!)) * (1 + x);
};

describe('Theorem 1: about a symmetric flat minimum the averaged loss keeps its minimum in place (φ = 0)', () => {
  test('equation (14) is the gradient of (13)', async () => {
    const average = averaged(symmetric, 0.3);
    const gradient = new Float64Array(3);
    const w = Float64Array.of(0.1, -0.2, 0.5);
    await average(w, gradient);
    for (let i = 0; i < 3; i++) {
      const h = 1e-5;
      const at = (offset: number): number => boxMean(symmetric, w.with(i, w[i]! + offset), 0.3);
      expect(gradient[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 7);
    }
  });

  test.each([0.05, 0.2, 0.5])('a = %f: ∇C̄(w_f) = 0, and the minimum of C̄ over D(w_f, τ) is at w_f', async (a) => {
    const average = averaged(symmetric, a);
    const gradient = new Float64Array(3);
    await average(Float64Array.from(centre), gradient);
    for (const g of gradient) expect(Math.abs(g)).toBeLessThan(1e-13);

    const tau = 0.6;
    const random = seededRandom(17);
    for (let start = 0; start < 3; start++) {
      const offset = randomVector(random, 3);
      const { x } = await minimize(
        average,
        Float64Array.from(centre, (c, i) => c + tau * offset[i]!),
        {
          lower: Float64Array.from(centre, (c) => c - tau),
          upper: Float64Array.from(centre, (c) => c + tau),
          factr: 10,
          pgtol: 1e-9,
        },
      );
      x.forEach((xi, i) => {
        expect(Math.abs(xi - centre[i]!)).toBeLessThan(1e-7);
      });
    }
  });

  test('symmetry is what does it: a skewed minimum moves by about a²·C‴/(6·C″)', async () => {
    const a = 0.1;
    // C = w² + 0.3w³, so C̄′(w) = 2w + 0.3(3w² + a²).
    const skewed: Loss = (w) => w[0]! ** 2 + 0.3 * w[0]! ** 3;
    const { x } = await minimize(averaged(skewed, a), Float64Array.of(0.2), { factr: 10, pgtol: 1e-12 });
    expect(x[0]).toBeCloseTo((-2 + Math.sqrt(4 - 1.08 * a * a)) / 1.8, 9);
    expect(x[0]! / ((-(a * a) * 1.8) / (6 * 2))).toBeCloseTo(1, 2);
  });
});

/**
 * A loss that (18) calls strictly monotonic grows with r = ‖w − w_s‖∞ alone: C = h(r). Its average is then an integral
 * over r in any number of dimensions: C̄ = h(0) + ∫ h′(r) (1 − Π P(|w_i + Θ_i| ≤ r)) dr.
 */
interface RadialLoss {
  readonly h: (r: number) => number;
  readonly slope: (r: number) => number;
}

const cone: RadialLoss = { h: (r) => r, slope: () => 1 };
const well = (depth: number, width: number): RadialLoss => ({
  h: (r) => depth * (1 - Math.exp(-0.5 * (r / width) ** 2)),
  slope: (r) => ((depth * r) / width ** 2) * Math.exp(-0.5 * (r / width) ** 2),
});

/** C̄ at an offset from the minimum, by Simpson's rule between the kinks of the distribution functions. */
function radialMean({ h, slope }: RadialLoss, offset: ArrayLike<number>, a: number): number {
  const distances = Array.from(offset, Math.abs);
  const kinks = [0, ...new Set(distances.flatMap((d) => [Math.abs(a - d), a + d]))].sort((x, y) => x - y);
  const integrand = (r: number): number => {
    let below = 1;
    for (const d of distances) below *= Math.min(Math.max((Math.min(r, d + a) - Math.max(-r, d - a)) / (2 * a), 0), 1);
    return slope(r) * (1 - below);
  };
  let sum = h(0);
  for (let k = 1; k < kinks.length; k++) {
    const [from, to] = [kinks[k - 1]!, kinks[k]!];
    const parts = 4000;
    const step = (to - from) / parts;
    for (let i = 0; i <= parts; i++) {
      sum += ((i === 0 || i === parts ? 1 : i % 2 === 0 ? 2 : 4) * step * integrand(from + i * step)) / 3;
    }
  }
  return sum;
}

describe('Theorem 2: in high dimension the averaged loss lifts a sharp minimum above everything within ε of it', () => {
  const a = 0.02;
  const sharp = well(1, 0.008);
  const flat = well(1, 0.2);

  test('the integral is the average: a cone’s is a·m/(m + 1), and samples agree off the centre', () => {
    for (const m of [1, 2, 10, 300])
      expect(radialMean(cone, new Array(m).fill(0), a)).toBeCloseTo((a * m) / (m + 1), 8);
    const offset = [0.01, -0.004, 0.015, 0, 0.007];
    const draws = uniform({ seed: 5, purpose: 'test' }, 5 * 40000, -a, a);
    let sum = 0;
    for (let k = 0; k < draws.length; k += 5) {
      sum += sharp.h(Math.max(...offset.map((d, i) => Math.abs(d + draws[k + i]!))));
    }
    expect(radialMean(sharp, offset, a)).toBeCloseTo(sum / 40000, 2);
  });

  test('(19): C̄(w_s) is the least of C̄ near w_s, and at least (1 − (ε′/a)^m) C_ε′ + (ε′/a)^m C(w_s)', () => {
    const random = seededRandom(23);
    for (const m of [1, 2, 5, 20]) {
      const atCentre = radialMean(sharp, new Array(m).fill(0), a);
      for (let k = 0; k < 10; k++) {
        const offset = randomVector(random, m).map((v) => 0.9 * a * v);
        expect(radialMean(sharp, offset, a)).toBeGreaterThanOrEqual(atCentre - 1e-9);
      }
      for (const ratio of [0.3, 0.6, 0.9, 0.99]) {
        const bound = (1 - ratio ** m) * sharp.h(ratio * a) + ratio ** m * sharp.h(0);
        expect(atCentre).toBeGreaterThanOrEqual(bound);
      }
    }
  });

  /** min C̄ over D(w_s, ε) ≥ max C over D(w_s, ε): the first half of the sharp constraint (3). */
  const lifted = (loss: RadialLoss, m: number, epsilon: number): boolean =>
    radialMean(loss, new Array(m).fill(0), a) >= loss.h(epsilon);

  test('ε → a⁻ as m → ∞: a cone needs m ≥ (ε/a)/(1 − ε/a)', () => {
    for (const [ratio, m] of [
      [0.6, 2],
      [0.92, 12],
      [0.985, 66],
      [0.9979, 476],
    ] as const) {
      expect(lifted(cone, m, ratio * a)).toBe(true);
      expect(lifted(cone, m - 1, ratio * a)).toBe(false);
    }
  });

  test('the sharp constraint (3) holds in 1000 dimensions with ε = 0.99a, where it fails in one', () => {
    const epsilon = 0.99 * a;
    expect(lifted(sharp, 1000, epsilon)).toBe(true);
    expect(lifted(sharp, 1, epsilon)).toBe(false);
    // (22), (23): the flat minimum stays lower than anything near the sharp one.
    const flatAverage = radialMean(flat, new Array(1000).fill(0), a);
    expect(flatAverage).toBeLessThan(flat.h(a));
    expect(sharp.h(epsilon)).toBeGreaterThan(flat.h(a));
    expect(sharp.h(epsilon)).toBeGreaterThan(50 * flatAverage);
  });

  test('without noise there is nothing to lift: the minima are equally deep', () => {
    expect(sharp.h(0)).toBe(flat.h(0));
    expect(radialMean(sharp, [0, 0, 0], 1e-6)).toBeLessThan(1e-7);
  });
});
