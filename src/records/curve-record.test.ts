import { stringify } from 'csv-stringify/sync';
import { describe, expect, test } from 'vitest';
import { curveCsv, originOfPath, parseCsv, parseCurveCsv } from './curve-record.js';

const checkpoint = 'results/runs/f1-lb/baseline/seed-1/best.safetensors';

test('a sensitivity curve is read as it was written', () => {
  const text = curveCsv('sensitivity', [
    { a: 0, split: 'train', loss: 0.01, accuracy: 99.9, draws: 600, checkpoint },
    { a: 0.002, split: 'test', loss: 0.2, accuracy: 97.5, draws: 100, checkpoint },
  ]);
  expect(text.split('\n')[0]).toBe('a,split,loss,accuracy,draws,checkpoint');
  expect(parseCurveCsv(text)).toEqual({
    kind: 'sensitivity',
    points: [
      { x: 0, split: 'train', loss: 0.01, accuracy: 99.9, checkpoints: [checkpoint], detail: '600' },
      { x: 0.002, split: 'test', loss: 0.2, accuracy: 97.5, checkpoints: [checkpoint], detail: '100' },
    ],
  });
});

test('an interpolation has two checkpoints, a landscape a direction', () => {
  const line = curveCsv('interpolate', [
    { alpha: -1, split: 'test', loss: 3, accuracy: 11.5, from: 'a', to: 'b', statistics: 'interpolated' },
  ]);
  expect(parseCurveCsv(line)!.points[0]).toMatchObject({ checkpoints: ['a', 'b'], detail: 'interpolated' });
  const landscape = curveCsv('landscape', [
    { alpha: 0, split: 'test', loss: 3, accuracy: 11.5, direction: 2, checkpoint },
  ]);
  expect(parseCurveCsv(landscape)!.points[0]).toMatchObject({ checkpoints: [checkpoint], detail: '2' });
});

test('a loss that overflowed is a number all the same', () => {
  const text = 'a,split,loss,accuracy,draws,checkpoint\n1,test,Infinity,10,1,x\n2,test,NaN,10,1,x\n3,test,inf,10,1,x\n';
  expect(parseCurveCsv(text)!.points.map(({ loss }) => loss)).toEqual([Infinity, Number.NaN, Infinity]);
});

test('another file is no curve', () => {
  expect(parseCurveCsv('alpha,beta,loss\n1,2,3\n')).toBeNull();
  expect(parseCurveCsv('')).toBeNull();
});

describe('refuses a broken line and names it', () => {
  const header = 'a,split,loss,accuracy,draws,checkpoint\n';
  test.each([
    ['0,train,1,2,3\n', /line 2: 5 fields where the header has 6/],
    ['0,train,1,2,3,x\n0,validation,1,2,3,x\n', /line 3: split is "validation", not train or test/],
    ['0,train,,2,3,x\n', /line 2: loss is "", not a number/],
    ['zero,train,1,2,3,x\n', /line 2: a is "zero", not a number/],
  ])('%j', (lines, reason) => {
    expect(() => parseCurveCsv(header + lines)).toThrow(reason);
  });
});

test('the run of a checkpoint is read off its path', () => {
  expect(originOfPath(checkpoint)).toEqual({ experiment: 'f1-lb', method: 'baseline', seed: 1 });
  expect(originOfPath('C:\\runs\\f1-lb\\smoothout\\seed-12\\best.safetensors')).toMatchObject({ seed: 12 });
  expect(originOfPath('best.safetensors')).toBeNull();
});

describe('CSV text', () => {
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
});
