import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { candidates, parseJobs, sharesFor, sharesOn } from './split.js';

test.each([
  ['3', 3],
  ['auto', 'auto'],
  ['0,1', ['0', '1']],
  ['0,0', ['0', '0']],
  ['2,', ['2']],
  ['GPU-8932f937', ['GPU-8932f937']],
  ['GPU-8932f937, MIG-GPU-8932f937/1/2', ['GPU-8932f937', 'MIG-GPU-8932f937/1/2']],
])('--jobs %s', (text, jobs) => {
  expect(parseJobs(text)).toEqual(jobs);
});

test.each(['0', '-1', '1.5', '', ',', '0,,1', '9999', 'all', '0;1', 'GPU-'])('--jobs %s is refused', (text) => {
  expect(() => parseJobs(text)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

test('jobs share the threads out, and each has one at least', () => {
  const cores = availableParallelism();
  expect(sharesFor(1)).toEqual([{ threads: cores, env: {} }]);
  expect(sharesFor(cores + 1)[cores]!.threads).toBe(1);
  expect(sharesFor(2, 5).map(({ threads }) => threads)).toEqual([5, 5]);
  expect(sharesOn(['0', '3'], 2)).toEqual([
    { threads: 2, env: { CUDA_VISIBLE_DEVICES: '0' } },
    { threads: 2, env: { CUDA_VISIBLE_DEVICES: '3' } },
  ]);
});

test('numbers of jobs that are measured divide the cores, and are no more than there are runs', () => {
  expect(candidates('cpu', 100, 12)).toEqual([1, 2, 3, 4, 6, 12]);
  expect(candidates('cpu', 3, 12)).toEqual([1, 2, 3]);
  expect(candidates('gpu', 3, 12)).toEqual([1, 2]);
  expect(candidates('cpu', 0, 2)).toEqual([1]);
});
