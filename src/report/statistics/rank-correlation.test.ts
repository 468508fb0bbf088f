import { expect, test } from 'vitest';
import { spearman } from './rank-correlation.js';

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
