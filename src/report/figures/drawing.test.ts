import { describe, expect, test } from 'vitest';
import { type LossAndAccuracyPoint, lossAndAccuracyFigure } from './curves.js';
import { inlineSvg, logTicks, renderSvg, SERIES_COLOURS, SHAPES } from './drawing.js';

function points(series: readonly string[]): LossAndAccuracyPoint[] {
  return series.flatMap((name, k) =>
    (['train', 'test'] as const).flatMap((split) =>
      [0, 0.5, 1].map((x) => ({ x, series: name, split, loss: 0.01 + (x - k) ** 2, accuracy: 90 - 20 * (x - k) ** 2 })),
    ),
  );
}

const figure = (name: string): Promise<string> =>
  renderSvg(lossAndAccuracyFigure(points([name, 'LB']), { xTitle: 'α', title: 'Around two minima' }));

/** The texts of the figure, in the order they are drawn. */
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

describe('a loss-and-accuracy figure', () => {
  test('has a title, both axes labelled, and a legend of series and splits', async () => {
    expect(texts(await figure('SB')).filter((text) => /[a-z]/i.test(text) || text === 'α')).toEqual([
      'α',
      'Loss (filled marks, log scale)',
      'Accuracy, % (hollow marks)',
      'training set',
      'test set',
      'SB',
      'LB',
      'Around two minima',
    ]);
  });

  test('is the same byte for byte, whatever was rendered before it', async () => {
    const first = await figure('SB');
    await figure('another one');
    expect(await figure('SB')).toBe(first);
  });

  test('depends on nothing outside itself: no ids, links, fonts or scripts', async () => {
    const svg = await figure('SB');
    expect(svg).not.toMatch(/\bid=|url\(|href=|<script|<style|<image|@font-face/);
    expect([...new Set([...svg.matchAll(/font-family="([^"]*)"/g)].map((match) => match[1]))]).toEqual(['sans-serif']);
  });

  test('tells series apart by shape, splits by dashes, quantities by filling', async () => {
    const svg = await figure('SB');
    expect(svg).toContain('stroke-dasharray="5,3"');
    expect(svg).toMatch(/fill="#4471c4"/);
    expect(svg).toMatch(/stroke="#d9681d"/);
    expect(svg).not.toMatch(/fill="#d9681d" d=/);
  });

  test('a loss of zero or not a number leaves a gap and nothing worse', async () => {
    const broken = [0, Number.NaN, Number.POSITIVE_INFINITY].map((loss, x) => ({
      x,
      series: 'SB',
      split: 'train' as const,
      loss,
      accuracy: 10,
    }));
    const svg = await renderSvg(lossAndAccuracyFigure(broken, { xTitle: 'a' }));
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test('one split needs no legend for it', async () => {
    const test = points(['SB']).filter(({ split }) => split === 'test');
    expect(texts(await renderSvg(lossAndAccuracyFigure(test, { xTitle: 'α' })))).not.toContain('test set');
  });
});

test('within a page a figure has a name, no background, and the colour of the text', async () => {
  const svg = inlineSvg(await figure('SB'), 'Loss and accuracy');
  expect(svg).toMatch(/^<svg role="img" aria-label="Loss and accuracy" /);
  expect(svg).not.toContain('#ffffff');
  expect(svg).not.toContain('#1d1d1f');
  expect(svg).toContain('fill="currentColor"');
});

describe('the ticks of a logarithmic axis', () => {
  test.each<[string, (number | null)[], number[]]>([
    ['powers of ten over several decades', [0.003, 70], [0.001, 0.01, 0.1, 1, 10, 100]],
    ['1–2–5 within two decades', [0.3, 1.5], [0.2, 0.5, 1, 2]],
    ['every second power over many', [1e-12, 1], [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]],
    ['a single value', [1], [1, 2]],
    ['a single value between ticks', [3], [2, 5]],
    ['nothing that is not positive and finite', [0, -1, null, Number.NaN, Number.POSITIVE_INFINITY], []],
  ])('%s', (_, values, expected) => {
    expect(logTicks(values)).toEqual(expected);
  });

  test('the ticks enclose the data, for any span', () => {
    for (let span = 0; span < 40; span++) {
      const values = [1.7e-9, 1.7e-9 * 10 ** (span / 2)];
      const ticks = logTicks(values);
      expect(ticks[0]).toBeLessThanOrEqual(values[0]!);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(values[1]!);
      expect(ticks.length).toBeLessThanOrEqual(9);
    }
  });
});

test('28 series have different marks', () => {
  const marks = Array.from({ length: 28 }, (_, i) => {
    return `${SERIES_COLOURS[i % SERIES_COLOURS.length]} ${SHAPES[i % SHAPES.length]}`;
  });
  expect(new Set(marks).size).toBe(28);
});
