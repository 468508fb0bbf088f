/** Loss and accuracy around minima: the paper's Figs. 3 and 5–10, and every other such curve. */
import type { TopLevelSpec } from 'vega-lite';
import type { CurveFile, CurveKind, CurvePoint } from '../../records/curve-record.js';
import { type RunName, runText } from '../../records/run-folder.js';
import { at } from '../../support/at.js';
import { groupBy, meanOf } from '../../support/statistics.js';
import type { Cells } from '../groups.js';
import { figureTitle, PAPER_FIGURES, type PaperFigure } from '../paper.js';
import {
  BLUE,
  DASHES,
  INK,
  LINE_LEGEND,
  logAxis,
  loggable,
  nominal,
  ORANGE,
  quantitative,
  SHAPES,
  SPLIT_TITLES,
  type UndrawnFigure,
} from './drawing.js';

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

type Quantity = 'loss' | 'accuracy';
/**
 * Loss on a logarithmic left axis, accuracy on the right one, against `x`: the form of the paper's Figs. 3 and 5–10.
 * Series differ in the shape of their marks, splits in their dashes, the two quantities in colour and filling.
 */
export function lossAndAccuracyFigure(
  points: readonly LossAndAccuracyPoint[],
  { xTitle, title }: { readonly xTitle: string; readonly title?: string },
): TopLevelSpec {
  const values = points
    .map(({ x, series, split, loss, accuracy }) => ({
      x,
      series,
      split: SPLIT_TITLES[split],
      loss: loggable(loss),
      accuracy: Number.isFinite(accuracy) ? accuracy : null,
    }))
    .sort((a, b) => a.x - b.x);
  const series = [...new Set(points.map((point) => point.series))];
  const splits = Object.values(SPLIT_TITLES).filter((name) => values.some(({ split }) => split === name));
  const strokeDash = nominal('split', splits, DASHES, splits.length > 1 ? LINE_LEGEND : null);
  const shape = nominal('series', series, SHAPES, series.length > 1 ? { symbolFillColor: INK } : null);
  /** A line and its marks on one of the two axes. */
  const curves = <Y extends object>(quantity: Quantity, color: string, y: Y) => ({
    encoding: {
      x: quantitative('x', { scale: { nice: false } }),
      y: quantitative(quantity, y),
      detail: { field: 'series', type: 'nominal' as const },
    },
    layer: [
      { mark: { type: 'line' as const, color }, encoding: { strokeDash } },
      // Filled marks for the loss and hollow ones for the accuracy: the two part in black and white too.
      { mark: { type: 'point' as const, color, filled: quantity === 'loss' }, encoding: { shape } },
    ],
  });
  const losses = values.map(({ loss }) => loss);
  const { scale, axis } = logAxis('Loss (filled marks, log scale)', losses);
  const accuracyAxis = { title: 'Accuracy, % (hollow marks)', orient: 'right', grid: false, tickCount: 6 } as const;
  return {
    ...(title === undefined ? {} : { title }),
    height: 260,
    data: { values },
    encoding: { x: { axis: { title: xTitle, tickCount: 8 } } },
    layer: [
      curves('loss', BLUE, { scale, axis: { ...axis, orient: 'left' as const } }),
      curves('accuracy', ORANGE, { scale: { zero: false, nice: true }, axis: accuracyAxis }),
    ],
    resolve: { scale: { y: 'independent' } },
  };
}

const X_TITLES: Readonly<Record<CurveKind, string>> = {
  sensitivity: 'Strength of the noise, a',
  interpolate: 'α',
  landscape: 'α, in norms of each filter',
};

/** The means over directions (of a landscape) and repeats, for each series, split and x. */
export function meanPoints(all: readonly LossAndAccuracyPoint[]): LossAndAccuracyPoint[] {
  const alike = groupBy(all, ({ series, split, x }) => JSON.stringify([series, split, x]));
  return [...alike.values()].map((points) => {
    const { series, split, x } = points[0];
    const mean = (of: Quantity): number => meanOf(points.map((one) => one[of]));
    return { x, split, series, loss: mean('loss'), accuracy: mean('accuracy') };
  });
}

/** The paper's figures as far as there are curves for them, one seed each, and every curve that is in none of them. */
export function curveFigures(files: readonly CurveFile[], cells: Cells): UndrawnFigure[] {
  const used = new Set<CurvePoint>();
  const paper = PAPER_FIGURES.flatMap((figure): UndrawnFigure[] => {
    const { id, kind, caption } = figure;
    const drawn = curvesOf(figure, files, cells);
    if (drawn.length === 0) return [];
    for (const { point } of drawn) used.add(point);
    const runs = [...new Set(drawn.flatMap((one) => one.runs.map(runText)))];
    return [
      {
        ...{ section: 'paper', name: `figure-${id}`, heading: figureTitle(id) },
        caption: `${caption}. ${runs.join('; ')}.`,
        spec: curveFigure(kind, drawn),
      },
    ];
  });
  const others = files.filter(({ points }) => points.some((point) => !used.has(point)));
  return [...paper, ...others.map(figureOfFile)];
}

/** A point of a curve, what the legend calls the curve, and the runs that it is of. */
interface Drawn {
  readonly file: CurveFile;
  readonly point: CurvePoint;
  readonly series: string;
  readonly runs: readonly RunName[];
}

const curveFigure = (kind: CurveKind, points: readonly Pick<Drawn, 'point' | 'series'>[]): TopLevelSpec =>
  lossAndAccuracyFigure(meanPoints(points.map(({ point, series }) => ({ ...point, series }))), {
    xTitle: X_TITLES[kind],
  });

/** The curves of runs that stand in the cells that the figure is about. */
function curvesOf({ kind, series, split }: PaperFigure, files: readonly CurveFile[], cells: Cells): Drawn[] {
  const all = Object.entries(series).map(([name, { row, method }]) => ({
    name,
    runs: cells.at(row, method)?.runs.map(({ record }) => runText(record)) ?? [],
  }));
  // The line between all of them in their order, or the curve of one.
  const seriesOf = (runs: readonly string[]): string | undefined => {
    if (kind !== 'interpolate') return all.find((one) => one.runs.includes(at(runs, 0)))?.name;
    const isLine = all.every((one, end) => one.runs.includes(at(runs, end)));
    return isLine ? all.map(({ name }) => name).join(' → ') : undefined;
  };
  const candidates = files
    .filter((file) => file.kind === kind)
    .flatMap((file) =>
      file.points.flatMap((point): Drawn[] => {
        const runs = point.checkpoints.flatMap((checkpoint) => file.runOf(checkpoint) ?? []);
        const isOther = runs.length < point.checkpoints.length || (split ?? point.split) !== point.split;
        const name = isOther ? undefined : seriesOf(runs.map(runText));
        return name === undefined ? [] : [{ file, point, series: name, runs }];
      }),
    );
  // One seed a series, the lowest, from the first file that has it.
  return [...groupBy(candidates, (one) => one.series).values()].flatMap((ofSeries) => {
    const seedOf = ({ runs }: Drawn) => at(runs, 0).seed;
    const [first] = ofSeries.toSorted((a, b) => seedOf(a) - seedOf(b));
    const key = first!.point.checkpoints.join('\n');
    return ofSeries.filter(({ file, point }) => file === first!.file && point.checkpoints.join('\n') === key);
  });
}

/** A file's curves as they are, each named by its run. */
function figureOfFile({ name, kind, points: all, runOf }: CurveFile): UndrawnFigure {
  const nameOf = (checkpoint: string): string => {
    const run = runOf(checkpoint);
    return run === null ? checkpoint : runText(run);
  };
  const points = all.map((point) => ({ point, series: point.checkpoints.map(nameOf).join(' → ') }));
  return {
    ...{ section: 'curves', name: `curves-${name}`, heading: name },
    caption: [...new Set(points.map(({ series }) => series))].join('; '),
    spec: curveFigure(kind, points),
  };
}
