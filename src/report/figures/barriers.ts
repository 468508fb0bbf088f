/** The loss on the lines between many pairs of minima. */
import type { TopLevelSpec } from 'vega-lite';
import { groupBy } from '../../support/statistics.js';
import { logAxis, loggable, nominal, quantitative, SERIES_COLOURS } from './drawing.js';

export interface BarrierPoint {
  readonly alpha: number;
  readonly loss: number;
  /** Tells the lines apart. */
  readonly line: string;
  /** What kind of pair it is, as the legend says it. */
  readonly kind: string;
  /** Split and statistics, above the panel. */
  readonly panel: string;
}

/** A panel for each split and way to the statistics, with a line a pair; pairs of one kind have one colour. */
export function barrierFigure(points: readonly BarrierPoint[], title: string): TopLevelSpec {
  const kinds = [...new Set(points.map(({ kind }) => kind))].sort();
  const legend = kinds.length > 1 ? ({ orient: 'bottom', columns: 1, labelLimit: 560 } as const) : null;
  const losses = points.map(({ loss }) => loggable(loss));
  const panels = [...groupBy(points, ({ panel }) => panel)];
  return {
    title,
    spacing: 18,
    columns: 2,
    concat: panels.map(([panel, values]) => ({
      title: { text: panel, fontSize: 12 },
      width: 260,
      height: 220,
      data: { values: values.map((point) => ({ ...point, loss: loggable(point.loss) })) },
      mark: { type: 'line', opacity: 0.7, strokeWidth: 1.2 },
      encoding: {
        x: quantitative('alpha', { axis: { title: 'α', tickCount: 6 } }),
        y: quantitative('loss', logAxis('Loss (log scale)', losses)),
        detail: { field: 'line', type: 'nominal' },
        color: nominal('kind', kinds, SERIES_COLOURS, legend),
      },
    })),
  };
}
