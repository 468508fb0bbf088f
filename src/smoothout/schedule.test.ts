import { expect, test } from 'vitest';
import { noiseFactor } from './schedule.js';

test('constant noise stays', () => {
  expect([0, 50, 99].map((t) => noiseFactor('constant', t, 100))).toEqual([1, 1, 1]);
});

test('tanh noise is whole until about 40 % of the training, half at the middle, and gone after about 60 %', () => {
  const at = (t: number) => noiseFactor('tanh', t, 1000);
  expect(at(500)).toBe(0.5);
  expect(at(0)).toBeCloseTo(0.9999546, 7);
  expect(at(400)).toBeCloseTo(0.8807971, 7);
  expect(at(600)).toBeCloseTo(0.1192029, 7);
  expect(at(1000)).toBeCloseTo(0.0000454, 7);
});

test('tanh noise never grows', () => {
  const factors = Array.from({ length: 201 }, (_, t) => noiseFactor('tanh', t, 200));
  expect(factors).toEqual([...factors].sort((a, b) => b - a));
});
