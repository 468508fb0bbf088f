import { stringify } from 'csv-stringify/sync';
import { expect, test } from 'vitest';
import { parseCsv } from './csv.js';

test.each<[string, string, string[][]]>([
  [
    'plain',
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'without a final line break',
    'a,b\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'Windows line ends',
    'a,b\r\n1,2\r\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['quotes, commas and line breaks in fields', '"a,""x""","b\nc"\n', [['a,"x"', 'b\nc']]],
  [
    'empty fields',
    ',\n1,\n',
    [
      ['', ''],
      ['1', ''],
    ],
  ],
  ['an empty last field at the end of the text', '1,', [['1', '']]],
  ['empty lines', '\n1\n\n', [['1']]],
  ['nothing', '', []],
])('%s', (_, text, expected) => {
  expect(parseCsv(text)).toEqual(expected);
});

test('reads back what csv-stringify writes', () => {
  const records = [
    ['a', 'b"'],
    ['1,2', '\n'],
    ['', 'ü'],
  ];
  expect(parseCsv(stringify(records))).toEqual(records);
});

test.each(['a"b,c\n', '"a\n', '"a"b\n'])('refuses a quote out of place: %j', (text) => {
  expect(() => parseCsv(text)).toThrow(/record 1: a quote out of place/);
});
