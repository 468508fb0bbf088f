import { expect, test } from 'vitest';
import { assignCells } from '../paper/cells.js';
import { curveFigures } from './curve-figures.js';
import { curveCsv, parseCurveCsv } from './curve-record.js';

const row = (alpha: number, direction: number, loss: number, checkpoint: string) => ({
  ...{ alpha, split: 'test', loss, accuracy: 50 + direction, direction, checkpoint },
});

test('directions of a landscape are averaged, checkpoint by checkpoint', () => {
  const text = curveCsv('landscape', [row(0, 0, 1, 'x'), row(0, 1, 3, 'x'), row(0, 0, 7, 'y'), row(0.1, 0, 5, 'x')]);
  const file = { ...parseCurveCsv(text)!, name: 'land', settings: null, originOf: () => null };
  const { paper, other } = curveFigures([file], assignCells([]));
  expect(paper).toEqual([]);
  const [figure] = other;
  expect(figure).toMatchObject({ name: 'curves-land', caption: 'x; y' });
  const { data } = figure!.spec as { data: { values: object[] } };
  expect(data.values).toEqual([
    { x: 0, series: 'x', split: 'validation set', loss: 2, accuracy: 50.5 },
    { x: 0, series: 'y', split: 'validation set', loss: 7, accuracy: 50 },
    { x: 0.1, series: 'x', split: 'validation set', loss: 5, accuracy: 50 },
  ]);
});
