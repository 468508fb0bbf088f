/** Runs as points, one panel for each thing that was measured of them, against what they have in common on the left. */
import type { TopLevelSpec } from 'vega-lite';
import { INK, logAxis, nominal, quantitative, SERIES_COLOURS, SHAPES } from './drawing.js';

/** A run in a panel. */
export interface ScatterPoint {
  readonly panel: string;
  /** Network and data: the mark's shape. */
  readonly problem: string;
  /** The mark's colour; the baseline's is filled. */
  readonly method: string;
  readonly x: number;
  readonly y: number;
}

interface Panel {
  /** As its points name it. */
  readonly panel: string;
  readonly title: string | readonly string[];
  readonly subtitle: string;
}

/** Panels side by side, `columns` in a row, in the order given. */
export function scatterFigure(
  points: readonly ScatterPoint[],
  panels: readonly Panel[],
  { xTitle, yTitle, columns }: { readonly xTitle: string; readonly yTitle: string; readonly columns: number },
): TopLevelSpec {
  const problems = [...new Set(points.map(({ problem }) => problem))].sort();
  const methods = [...new Set(points.map(({ method }) => method))].sort();
  const legend = { title: null, orient: 'bottom', columns: 4 } as const;
  const method = nominal('method', methods, SERIES_COLOURS, { ...legend, symbolType: 'circle' });
  return {
    spacing: 18,
    data: { values: [...points] },
    columns,
    concat: panels.map(({ panel, title, subtitle }, i) => ({
      title: { text: typeof title === 'string' ? title : [...title], subtitle, fontSize: 12 },
      width: 220,
      height: 230,
      transform: [{ filter: { field: 'panel', equal: panel } }],
      mark: { type: 'point', opacity: 0.85, size: 45 },
      encoding: {
        x: quantitative('x', axisOver(points, panel, xTitle)),
        y: quantitative('y', {
          scale: { zero: false },
          axis: { title: i % columns === 0 ? yTitle : null, tickCount: 5 },
        }),
        stroke: method,
        fill: method,
        // Filled for the baseline, hollow for every other method: the two part in black and white too.
        fillOpacity: { condition: { test: 'datum.method === "Baseline"', value: 1 }, value: 0 },
        shape: nominal('problem', problems, SHAPES, { ...legend, symbolFillColor: INK, symbolStrokeColor: INK }),
      },
    })),
  };
}

/** A logarithmic axis, with room for 0 and what is below it where there is such a value. */
function axisOver(points: readonly ScatterPoint[], panel: string, title: string) {
  const values = points.filter((point) => point.panel === panel).map(({ x }) => x);
  const { scale, axis } = logAxis(title, values);
  const least = Math.min(...values);
  if (least > 0) return { scale, axis: { ...axis, grid: false } };
  const ticks = axis.values;
  const domain = [least, ticks.at(-1) ?? 1];
  return {
    scale: { type: 'symlog' as const, constant: ticks[0] ?? 1, domain, nice: false },
    axis: { ...axis, grid: false, values: [0, ...ticks] },
  };
}
