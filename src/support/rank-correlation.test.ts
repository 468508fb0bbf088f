import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { findPython } from '../testing/python.js';
import { normal } from './random.js';
import { kendall, spearman } from './rank-correlation.js';

describe("Spearman's rank correlation", () => {
  test('any increasing relation has ρ = 1, any decreasing one −1', () => {
    expect(spearman([1, 2, 3, 4], [0.1, 10, 11, 1e6])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3, 4], [9, 8, 7, -6])).toBeCloseTo(-1, 12);
  });

  // scipy.stats.spearmanr([1, 2, 2, 3, 5, 1], [2, 1, 4, 4, 6, 0])
  test('ties share their mean rank', () => {
    expect(spearman([1, 2, 2, 3, 5, 1], [2, 1, 4, 4, 6, 0])).toBeCloseTo(0.8209869717864816, 12);
  });

  test('is undefined for two pairs and for a constant side', () => {
    expect(spearman([1, 2], [1, 2])).toBeNull();
    expect(spearman([1, 2, 3], [4, 4, 4])).toBeNull();
  });
});

describe("Kendall's τ", () => {
  test('any increasing relation has τ = 1, any decreasing one −1; without order on a side there is none', () => {
    expect(kendall([1, 2, 3, 4], [0.1, 10, 11, 1e6])).toBe(1);
    expect(kendall([1, 2, 3, 4], [9, 8, 7, -6])).toBe(-1);
    expect(kendall([1, 2], [1, 2])).toBeNull();
    expect(kendall([1, 2, 3], [5, 5, 5])).toBeNull();
  });

  // scipy.stats.kendalltau([1, 2, 2, 3, 5, 1], [2, 1, 4, 4, 6, 0])
  test('ties as SciPy has them', () => {
    expect(kendall([1, 2, 2, 3, 5, 1], [2, 1, 4, 4, 6, 0])).toBeCloseTo(0.7412493166611012, 12);
  });
});

const python = findPython('scipy');
test.skipIf(!python)('SciPy gives the same of 40 samples with and without ties', () => {
  const samples = Array.from({ length: 40 }, (_, k) => {
    const draws = [...normal({ seed: 1, purpose: 'test', step: k }, 2 * (4 + k))];
    // Every other sample in steps, so that many values are equal.
    const values = k % 2 === 0 ? draws : draws.map((value) => Math.round(2 * value));
    return [values.slice(0, 4 + k), values.slice(4 + k)] as const;
  });
  const script = `
import json, sys
from scipy.stats import kendalltau, spearmanr
print(json.dumps([[kendalltau(x, y)[0], spearmanr(x, y)[0]] for x, y in json.load(sys.stdin)]))`;
  const input = JSON.stringify(samples);
  const theirs: [number, number][] = JSON.parse(execFileSync(python!, ['-c', script], { input, encoding: 'utf8' }));
  for (const [k, [tau, rho]] of theirs.entries()) {
    const [x, y] = samples[k]!;
    expect(kendall(x, y)).toBeCloseTo(tau, 12);
    expect(spearman(x, y)).toBeCloseTo(rho, 12);
  }
});
