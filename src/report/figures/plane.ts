/** The loss over a plane, a panel for each network and split, in bands that read in black and white too. */
import type { TopLevelSpec } from 'vega-lite';
import { groupBy } from '../../support/statistics.js';
import { INK, quantitative, SPLIT_TITLES } from './drawing.js';

interface PlanePoint {
  readonly alpha: number;
  readonly beta: number;
  readonly series: string;
  readonly split: 'train' | 'test';
  /** Cross-entropy; what is not positive and finite leaves a hole. */
  readonly loss: number;
}

const BANDS = 8;

/** Darker for higher, equally wide in the logarithm of the loss; a cross marks the minimiser. */
export function planeFigure(points: readonly PlanePoint[]): TopLevelSpec {
  const visible = points.filter(({ loss }) => loss > 0 && Number.isFinite(loss));
  const [alphas, betas] = [points.map(({ alpha }) => alpha), points.map(({ beta }) => beta)];
  const columns = cells('left', 'right', alphas);
  const rows = cells('bottom', 'top', betas);
  const bands = { type: 'threshold', domain: bandEdges(visible.map(({ loss }) => loss)), scheme: 'blues' } as const;
  const position = (field: string, of: string) =>
    quantitative(field, {
      scale: { nice: false, zero: false },
      axis: { title: `${of}, in norms of each filter`, grid: false, tickCount: 6 },
    });
  const panels = groupBy(visible, ({ series, split }) => `${series}, ${SPLIT_TITLES[split]}`);
  return {
    concat: [...panels].map(([title, panel]) => ({
      title,
      width: 240,
      height: 240,
      layer: [
        {
          data: { values: panel.map(({ alpha, beta, loss }) => ({ loss, ...columns.get(alpha), ...rows.get(beta) })) },
          mark: 'rect',
          encoding: {
            x: position('left', 'α'),
            x2: { field: 'right' },
            y: position('bottom', 'β'),
            y2: { field: 'top' },
            color: quantitative('loss', { scale: bands, legend: { title: 'Loss', orient: 'right' } }),
          },
        },
        {
          data: { values: [{ alpha: 0, beta: 0 }] },
          mark: { type: 'point', shape: 'cross', color: INK },
          encoding: { x: quantitative('alpha', {}), y: quantitative('beta', {}) },
        },
      ],
    })),
    columns: 2,
  };
}

/** Three digits are enough to read and to tell bands apart. */
function bandEdges(losses: readonly number[]): number[] {
  if (losses.length === 0) return [1];
  const least = losses.reduce((low, loss) => Math.min(low, loss));
  const greatest = losses.reduce((high, loss) => Math.max(high, loss));
  const edges = Array.from({ length: BANDS - 1 }, (_, i) => least * (greatest / least) ** ((i + 1) / BANDS));
  return [...new Set(edges.map((edge) => Number(edge.toPrecision(3))))];
}

/** From each coordinate of a grid to the ends of its cell, half-way to its neighbours and a little over, so that no gap shows. */
function cells(from: string, to: string, coordinates: readonly number[]) {
  const sorted = [...new Set(coordinates)].sort((a, b) => a - b);
  const width = (i: number): number => (sorted[i + 1] ?? Number.NaN) - (sorted[i] ?? Number.NaN);
  return new Map(
    sorted.map((at, i) => {
      const after = width(i) || width(i - 1) || 1;
      const before = width(i - 1) || after;
      return [at, { [from]: at - 0.51 * before, [to]: at + 0.51 * after }];
    }),
  );
}
