/** The loss on the lines between many pairs of minima. */
import type { TopLevelSpec } from 'vega-lite';
import { groupBy } from '../../support/statistics.js';
import { logAxis, loggable, nominalScale, SERIES_COLOURS } from './drawing.js';

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
  const y = logAxis(
    points.map(({ loss }) => loggable(loss)),
    'Loss (log scale)',
  );
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
      mark: { type: 'line', opacity: 0.7, strokeWidth: 1.2, invalid: 'break-paths-show-domains' },
      encoding: {
        x: { field: 'alpha', type: 'quantitative', axis: { title: 'α', grid: false, tickCount: 6 } },
        y: { field: 'loss', type: 'quantitative', ...y },
        detail: { field: 'line', type: 'nominal' },
        color: {
          field: 'kind',
          type: 'nominal',
          scale: nominalScale(kinds, SERIES_COLOURS),
          legend: kinds.length > 1 ? { title: null, orient: 'bottom', columns: 1, labelLimit: 560 } : null,
        },
      },
    })),
  };
}
