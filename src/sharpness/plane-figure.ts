/** The loss over a plane as bands of grey-scale-safe colour, a panel for each network and split. */
import type { TopLevelSpec } from 'vega-lite';
import { logTicks } from '../report/figures/log-axis.js';
import { INK } from '../report/figures/theme.js';

export interface PlanePoint {
  readonly alpha: number;
  readonly beta: number;
  readonly series: string;
  readonly split: 'train' | 'test';
  /** Cross-entropy; what is not positive and finite leaves a hole. */
  readonly loss: number;
}

const SPLIT_NAMES = { train: 'training set', test: 'validation set' } as const;

/** Bands between the ticks of a logarithmic scale, darker for higher; a cross marks the minimiser. */
export function planeFigure(points: readonly PlanePoint[]): TopLevelSpec {
  const alphas = cells(points.map(({ alpha }) => alpha));
  const betas = cells(points.map(({ beta }) => beta));
  const values = points
    .filter(({ loss }) => loss > 0 && Number.isFinite(loss))
    .map(({ alpha, beta, series, split, loss }) => {
      const [left, right] = alphas.get(alpha)!;
      const [bottom, top] = betas.get(beta)!;
      return { left, right, bottom, top, loss, panel: `${series}, ${SPLIT_NAMES[split]}` };
    });
  const panels = [...new Set(values.map(({ panel }) => panel))];
  const thresholds = logTicks(values.map(({ loss }) => loss)).slice(1);
  const axis = { grid: false, tickCount: 6 };
  const rectangles = {
    mark: 'rect',
    encoding: {
      x: {
        field: 'left',
        type: 'quantitative',
        scale: { nice: false, zero: false },
        axis: { ...axis, title: 'α, in norms of each filter' },
      },
      x2: { field: 'right' },
      y: {
        field: 'bottom',
        type: 'quantitative',
        scale: { nice: false, zero: false },
        axis: { ...axis, title: 'β, in norms of each filter' },
      },
      y2: { field: 'top' },
      color: {
        field: 'loss',
        type: 'quantitative',
        scale: { type: 'threshold', domain: thresholds, scheme: 'blues' },
        legend: { title: 'Loss' },
      },
    },
  } as const;
  const minimiser = {
    data: { values: [{ alpha: 0, beta: 0 }] },
    mark: { type: 'point', shape: 'cross', color: INK, filled: true, size: 60 },
    encoding: { x: { field: 'alpha', type: 'quantitative' }, y: { field: 'beta', type: 'quantitative' } },
  } as const;
  return {
    data: { values },
    facet: { field: 'panel', type: 'nominal', sort: panels, title: null },
    columns: Math.min(panels.length, 2),
    spec: { width: 240, height: 240, layer: [rectangles, minimiser] },
  } as TopLevelSpec;
}

/** From each coordinate of a grid to the edges of its cell: half-way to its neighbours. */
function cells(coordinates: readonly number[]): Map<number, readonly [number, number]> {
  const sorted = [...new Set(coordinates)].sort((a, b) => a - b);
  return new Map(
    sorted.map((at, i) => {
      const before = i > 0 ? at - sorted[i - 1]! : (sorted[1] ?? at + 1) - at;
      const after = i + 1 < sorted.length ? sorted[i + 1]! - at : before;
      return [at, [at - before / 2, at + after / 2]];
    }),
  );
}
