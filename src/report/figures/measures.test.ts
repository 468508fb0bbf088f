import { describe, expect, test } from 'vitest';
import { renderSvg } from './drawing.js';
import { type ScatterPoint, sharpnessGapFigure, sharpnessGapFigures } from './measures.js';

describe('sharpness against the generalisation gap', () => {
  const point = (x: number, y: number, problem = 'F1, MNIST'): ScatterPoint => ({ problem, method: 'Baseline', x, y });
  const figureOf = (points: readonly ScatterPoint[]) => sharpnessGapFigure(new Map([['reference', points]]));

  test('ρ over all runs, and within each problem where there are several', () => {
    const points = [1, 2, 3].flatMap((i) => [point(i, i), point(10 * i, -i, 'C1, CIFAR-10')]);
    const figure = figureOf(points);
    expect(JSON.stringify(figure.spec)).toContain('"subtitle":"ρ = −0.77 (n = 6)"');
    expect(figure.caption).toMatch(
      /over all runs\. the authors' code, F1, MNIST: ρ = 1\.00 \(n = 3\)\. the authors' code, C1, CIFAR-10: ρ = −1\.00 \(n = 3\)\.$/,
    );
    const { spec, caption } = figureOf(points.slice(0, 1));
    expect(JSON.stringify(spec)).toContain('"subtitle":"ρ not defined (n = 1)"');
    expect(caption).toMatch(/over all runs\.$/);
  });

  test('zeros have a place on the logarithmic axis', async () => {
    const texts = async (points: ScatterPoint[]): Promise<string[]> =>
      [...(await renderSvg(figureOf(points).spec)).matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1]!);
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
    expect(sharpnessGapFigures([])).toEqual([]);
  });
});
