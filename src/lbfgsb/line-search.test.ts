import { describe, expect, test } from 'vitest';
import { advanceLineSearch, type LineSearch, startLineSearch } from './line-search.js';

interface Curve {
  readonly f: (step: number) => number;
  readonly slope: (step: number) => number;
}

/** The test functions of Moré and Thuente 1994, Section 5: (5.1) with β = 2, (5.2) with β = 0.004, (5.3), (5.4). */
const curves: Record<string, Curve> = {
  '5.1': { f: (t) => -t / (t * t + 2), slope: (t) => (t * t - 2) / (t * t + 2) ** 2 },
  '5.2': {
    f: (t) => (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
    slope: (t) => 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
  },
  '5.3': wavy(0.01, 39),
  '5.4': rounded(0.001, 0.001),
};

/** (5.3): a kink of width 2β at 1, with l oscillations laid over it. */
function wavy(beta: number, l: number): Curve {
  const kink = (t: number): number =>
    t <= 1 - beta ? 1 - t : t >= 1 + beta ? t - 1 : (t - 1) ** 2 / (2 * beta) + beta / 2;
  const kinkSlope = (t: number): number => (t <= 1 - beta ? -1 : t >= 1 + beta ? 1 : (t - 1) / beta);
  const angle = (l * Math.PI) / 2;
  return {
    f: (t) => kink(t) + ((2 * (1 - beta)) / (l * Math.PI)) * Math.sin(angle * t),
    slope: (t) => kinkSlope(t) + (1 - beta) * Math.cos(angle * t),
  };
}

/** (5.4) */
function rounded(beta1: number, beta2: number): Curve {
  const gamma = (beta: number): number => Math.sqrt(1 + beta * beta) - beta;
  const [g1, g2] = [gamma(beta1), gamma(beta2)];
  return {
    f: (t) => g1 * Math.sqrt((1 - t) ** 2 + beta2 ** 2) + g2 * Math.sqrt(t * t + beta1 ** 2),
    slope: (t) => (-g1 * (1 - t)) / Math.sqrt((1 - t) ** 2 + beta2 ** 2) + (g2 * t) / Math.sqrt(t * t + beta1 ** 2),
  };
}

interface Outcome {
  readonly steps: number[];
  readonly accepted: boolean;
  readonly state: LineSearch;
}

function search({ f, slope }: Curve, first: number, maximum = 1e10): Outcome {
  const state = startLineSearch(f(0), slope(0), Math.min(first, maximum), maximum);
  const steps: number[] = [];
  while (steps.length < 60) {
    steps.push(state.step);
    if (advanceLineSearch(state, f(state.step), slope(state.step))) return { steps, accepted: true, state };
  }
  return { steps, accepted: false, state };
}

describe('the line search', () => {
  for (const [name, curve] of Object.entries(curves)) {
    for (const first of [1e-3, 0.1, 10, 1e3]) {
      test(`Moré and Thuente's function ${name} from ${first}: decrease, and curvature or a narrow bracket`, () => {
        const { steps, accepted, state } = search(curve, first);
        const last = steps.at(-1)!;
        expect(accepted).toBe(true);
        expect(curve.f(last)).toBeLessThanOrEqual(curve.f(0) + 1e-3 * last * curve.slope(0));
        const flat = Math.abs(curve.slope(last)) <= 0.9 * Math.abs(curve.slope(0));
        const narrow = state.trialMaximum - state.trialMinimum <= 0.1 * state.trialMaximum;
        expect(flat || (state.interval.bracketed && narrow)).toBe(true);
        expect(steps.length).toBeLessThan(15);
      });
    }
  }

  test('a curve that keeps falling ends at the longest step', () => {
    const falling = { f: (t: number) => -t - t * t, slope: (t: number) => -1 - 2 * t };
    expect(search(falling, 1, 40)).toMatchObject({ steps: [1, 5, 21, 40], accepted: true });
    expect(search(falling, 1, 1)).toMatchObject({ steps: [1], accepted: true });
  });

  test('a rising curve whose slope claims to fall is never accepted, and the steps shrink towards 0', () => {
    const { steps, accepted } = search({ f: (t) => t, slope: () => -1 }, 1);
    expect(accepted).toBe(false);
    expect(steps[19]).toBeLessThan(1e-10);
  });

  test('a quadratic is met in one interpolation', () => {
    const { steps } = search({ f: (t) => 50 * (t - 0.1) ** 2, slope: (t) => 100 * (t - 0.1) }, 1);
    expect(steps).toHaveLength(2);
    expect(steps[1]).toBeCloseTo(0.1, 12);
  });
});
