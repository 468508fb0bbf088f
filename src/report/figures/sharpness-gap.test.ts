import { expect, test } from 'vitest';
import { renderSvg } from './drawing.js';
import { correlationText, rankCorrelations, type SharpnessGapPoint, sharpnessGapFigure } from './sharpness-gap.js';

const point = (sharpness: number, gap: number, problem = 'F1, MNIST'): SharpnessGapPoint => ({
  ...{ convention: 'reference', problem, method: 'Baseline', sharpness, gap },
});

test('ρ over all runs, and within each problem where there are several', () => {
  const points = [1, 2, 3].flatMap((i) => [point(i, i), point(10 * i, -i, 'C1, CIFAR-10')]);
  expect(rankCorrelations(points).map((one) => [one.problem, correlationText(one)])).toEqual([
    [null, 'ρ = −0.77 (n = 6)'],
    ['F1, MNIST', 'ρ = 1.00 (n = 3)'],
    ['C1, CIFAR-10', 'ρ = −1.00 (n = 3)'],
  ]);
  expect(rankCorrelations(points.slice(0, 1)).map(correlationText)).toEqual(['ρ not defined (n = 1)']);
});

test('zeros have a place on the logarithmic axis', async () => {
  const texts = async (points: SharpnessGapPoint[]): Promise<string[]> =>
    [...(await renderSvg(sharpnessGapFigure(points)!)).matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1]!);
  const ticks = (all: string[]): string[] => all.slice(0, all.indexOf('Sharpness (log scale)'));
  expect(ticks(await texts([point(0, 1), point(1, 2), point(5000, 3)]))).toEqual([
    '0',
    '1',
    '10',
    '100',
    '1000',
    '10000',
  ]);
  expect(ticks(await texts([point(1, 2), point(5000, 3)]))).not.toContain('0');
  expect(await texts([point(0, 1), point(0, 2), point(0, 3)])).toContain('ρ not defined (n = 3)');
});

test('no measured run, no figure', () => {
  expect(sharpnessGapFigure([])).toBeNull();
});
