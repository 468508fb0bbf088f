import { expect, test } from 'vitest';
import { didYouMean, nearest } from './errors.js';

const KEYS = ['epochs', 'batchSize', 'optimizer', 'augment', 'a', 'per'];

test.each([
  ['epoch', 'epochs'],
  ['batchsize', 'batchSize'],
  ['batch_size', 'batchSize'],
  ['optimiser', 'optimizer'],
  ['A', 'a'],
  ['lr', undefined],
  ['completely-else', undefined],
])('nearest(%j) is %j', (word, expected) => {
  expect(nearest(word, KEYS)).toBe(expected);
});

test('didYouMean says nothing where nothing is near', () => {
  expect(didYouMean('epoch', KEYS)).toBe('; did you mean "epochs"?');
  expect(didYouMean('zzz', KEYS)).toBe('');
});
