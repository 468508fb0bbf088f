import type { TopLevelSpec } from 'vega-lite';
import { BLUE, DASHES, INK, logTicks, ORANGE, SHAPES } from './drawing.js';

/** One point of a figure around a minimum (Figs. 3 and 5–10). */
export interface LossAndAccuracyPoint {
  /** α of a line through parameter space, or the noise strength a. */
  readonly x: number;
  /** What the curve belongs to, as the legend says it: "SB", "LB", "SmoothOut" … */
  readonly series: string;
  readonly split: 'train' | 'test';
  /** Cross-entropy; what is not positive and finite leaves a gap, for the axis is logarithmic. */
  readonly loss: number;
  /** Top-1, percent. */
  readonly accuracy: number;
}

export interface LossAndAccuracyOptions {
  readonly xTitle: string;
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

const SPLIT_NAMES = { train: 'training set', test: 'validation set' } as const;
type Quantity = 'loss' | 'accuracy';
type Layered = Extract<TopLevelSpec, { layer: unknown }>;
type Layer = Layered['layer'][number];
type PositionY = { scale: object; axis: object };

interface Legends {
  readonly series: readonly string[];
  readonly splits: readonly string[];
}

/** A line and its marks on one of the two axes. */
function curves(quantity: Quantity, colour: string, y: PositionY, { series, splits }: Legends): Layer {
  const legend = { title: null, orient: 'top', columns: 2, symbolStrokeColor: INK } as const;
  return {
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: { nice: false } },
      y: { ...y, field: quantity, type: 'quantitative' },
      detail: { field: 'series', type: 'nominal' },
    },
    layer: [
      {
        mark: { type: 'line', color: colour, invalid: 'break-paths-show-domains' },
        encoding: {
          strokeDash: {
            field: 'split',
            type: 'nominal',
            scale: { domain: [...splits], range: splits.map((_, i) => [...DASHES[i]!]) },
            legend: splits.length > 1 ? { ...legend, symbolType: 'M-2,0L2,0', symbolSize: 200, labelOffset: 14 } : null,
          },
        },
      },
      {
        mark: { type: 'point', color: colour, filled: quantity === 'loss', opacity: 1, invalid: 'filter' },
        encoding: {
          shape: {
            field: 'series',
            type: 'nominal',
            scale: { domain: [...series], range: series.map((_, i) => SHAPES[i % SHAPES.length]!) },
            legend: series.length > 1 ? { ...legend, symbolFillColor: INK } : null,
          },
        },
      },
    ],
  };
}

/** Filled marks for the loss and hollow ones for the accuracy: the two part in black and white too. */
function lossAxis(losses: readonly (number | null)[]): PositionY {
  const ticks = logTicks(losses);
  return {
    scale: { type: 'log', ...(ticks.length === 0 ? {} : { domain: [ticks[0]!, ticks.at(-1)!] }) },
    axis: {
      title: 'Loss (filled marks, log scale)',
      orient: 'left',
      values: ticks,
      labelExpr: 'format(datum.value, "~g")',
    },
  };
}

function accuracyAxis(): PositionY {
  return {
    scale: { zero: false, nice: true },
    axis: { title: 'Accuracy, % (hollow marks)', orient: 'right', grid: false, tickCount: 6 },
  };
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)];

/**
 * Loss on a logarithmic left axis, accuracy on the right one, against `x`: the form of the paper's Figs. 3 and 5–10.
 * Series differ in the shape of their marks, splits in their dashes, the two quantities in colour and filling.
 */
export function lossAndAccuracyFigure(
  points: readonly LossAndAccuracyPoint[],
  { xTitle, title, width = 420, height = 260 }: LossAndAccuracyOptions,
): TopLevelSpec {
  const values = points
    .map(({ x, series, split, loss, accuracy }) => ({
      x,
      series,
      split: SPLIT_NAMES[split],
      loss: loss > 0 && Number.isFinite(loss) ? loss : null,
      accuracy: Number.isFinite(accuracy) ? accuracy : null,
    }))
    .sort((a, b) => a.x - b.x);
  const series = distinct(points.map((point) => point.series));
  const splits = Object.values(SPLIT_NAMES).filter((name) => values.some(({ split }) => split === name));
  return {
    ...(title === undefined ? {} : { title }),
    width,
    height,
    data: { values },
    encoding: { x: { axis: { title: xTitle, grid: false, tickCount: 8 } } },
    layer: [
      curves('loss', BLUE, lossAxis(values.map(({ loss }) => loss)), { series, splits }),
      curves('accuracy', ORANGE, accuracyAxis(), { series, splits }),
    ],
    resolve: { scale: { y: 'independent' } },
  };
}
