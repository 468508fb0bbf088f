import { expect, test } from 'vitest';
import { type Column, fitTable } from './live-table.js';

const COLUMNS: readonly Column[] = [
  { title: 'run', isText: true },
  { title: 'bar', isText: true, rank: 2 },
  { title: 'epoch', rank: 1 },
  { title: 'images/s' },
  { title: 'left', width: 8 },
];
const ROWS = [
  ['f1-lb-reference smoothout seed 12', '████░░', '9/200', '30512', '12 s'],
  ['f1-lb-reference baseline seed 3', '█░░░░░', '12/200', '1', '1 min 3 s'],
];

test('columns are as wide as what is in them, numbers to the right', () => {
  expect(fitTable(COLUMNS, ROWS, '2 of 3 done', 110)).toEqual([
    'run                                bar      epoch  images/s       left',
    'f1-lb-reference smoothout seed 12  ████░░   9/200     30512       12 s',
    'f1-lb-reference baseline seed 3    █░░░░░  12/200         1  1 min 3 s',
    '2 of 3 done',
  ]);
});

test('in a narrow terminal names are cut in the middle, then columns go by their rank', () => {
  expect(fitTable(COLUMNS, ROWS, '', 57)[1]).toBe('f1-lb-refe…t seed 12  ████░░   9/200     30512       12 s');
  expect(fitTable(COLUMNS, ROWS, '', 50)[1]).toBe('f1-lb-refe…ut seed 12   9/200     30512       12 s');
  expect(fitTable(COLUMNS, ROWS, '', 44)[1]).toBe('f1-lb-refer…out seed 12     30512       12 s');
});

test.each([10, 20, 30, 40, 60, 80, 110])('no line is longer than %s columns', (width) => {
  for (const line of fitTable(COLUMNS, ROWS, '2 of 3 runs done, 1 min 3 s left for all', width)) {
    expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('columns with nothing in them yet are not shown, nor a table without rows', () => {
  expect(fitTable(COLUMNS, [['a run', '', 'compiling']], '', 80)).toEqual(['run        epoch', 'a run  compiling']);
  expect(fitTable(COLUMNS, [], '2 of 3 done', 80)).toEqual(['2 of 3 done']);
  expect(fitTable(COLUMNS, [], '', 80)).toEqual([]);
});
