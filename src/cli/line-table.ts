/** Curves of one variable as tables, and as means over several directions. */
import type { LossAndAccuracyPoint } from '../report/figures/curves.js';
import { groupBy } from '../report/statistics.js';
import { textTable } from './output.js';

/** The means over points of the same curve and x: those of several directions. */
export function meanPoints(points: readonly LossAndAccuracyPoint[]): LossAndAccuracyPoint[] {
  const groups = groupBy(points, ({ series, split, x }) => JSON.stringify([series, split, x]));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    loss: mean(group.map(({ loss }) => loss)),
    accuracy: mean(group.map(({ accuracy }) => accuracy)),
  }));
}

/** A row a point, curve by curve; `more` adds columns of text in the order of the points. */
export function lineTable(
  points: readonly LossAndAccuracyPoint[],
  x: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): string {
  const header = ['checkpoint', 'split', x, 'loss', 'accuracy %', ...Object.keys(more)];
  const rows = points.map(({ series, split, x: at, loss, accuracy }, i) => [
    ...[series, split, `${at}`, loss.toPrecision(5), accuracy.toFixed(2)],
    ...Object.values(more).map((column) => column[i]!),
  ]);
  const numbers = header.flatMap((_, i) => (i < 2 ? [] : [i]));
  const curves = groupBy(rows, ([series, split]) => `${series} ${split}`);
  return textTable([header, ...[...curves.values()].flat()], numbers);
}
