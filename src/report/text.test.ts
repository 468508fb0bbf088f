import { expect, test } from 'vitest';
import { isClear, percentText, plusMinus, sharpnessPlusMinus, sharpnessText, signedText } from './text.js';

test.each([
  [0, '0.0000'],
  [0.0003, '0.0003'],
  [0.00001234, '1.2e−5'],
  [5.4128, '5.41'],
  [57.8246, '57.82'],
  [459.1477, '459.1'],
  [3138.4, '3138'],
  [-0.25, '−0.2500'],
  [null, '–'],
])('sharpness %d is %s', (value, text) => {
  expect(sharpnessText(value)).toBe(text);
});

test('percent and points', () => {
  expect([percentText(98.005), percentText(-0.5), percentText(null)]).toEqual(['98.00', '−0.50', '–']);
  expect([signedText(0.306), signedText(-0.306), signedText(null)]).toEqual(['+0.31', '−0.31', '–']);
});

test('intervals', () => {
  expect(plusMinus({ mean: 98, ci95: 0.049, n: 3 })).toBe(' ± 0.05');
  expect(plusMinus({ mean: 98, ci95: null, n: 1 })).toBe('');
  expect(sharpnessPlusMinus({ mean: 3138.4, ci95: 171.26, n: 3 })).toBe(' ± 171');
  expect(isClear({ mean: -0.3, ci95: 0.2, n: 3 })).toBe(true);
  expect(isClear({ mean: 0.1, ci95: 0.2, n: 3 })).toBe(false);
  expect(isClear({ mean: 0.1, ci95: null, n: 1 })).toBe(false);
});
