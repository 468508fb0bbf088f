/** Loss and accuracy around minima: the paper's Figs. 3 and 5–10, and every other such curve. */
import type { TopLevelSpec } from 'vega-lite';
import type { CurveFile, CurveKind, CurvePoint } from '../../records/curve-record.js';
import { type RunName, runText } from '../../records/run-folder.js';
import { at } from '../../support/at.js';
import { groupBy, meanOf } from '../../support/statistics.js';
import type { Cells } from '../groups.js';
import { figureTitle, PAPER_FIGURES, type PaperFigure, paperRow, type Role } from '../paper.js';
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
    width: 420,
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

/** A point of a curve, and the name of the curve in the legend. */
interface Named {
  readonly point: CurvePoint;
  readonly series: string;
}

/** The means over directions (of a landscape) and repeats, for each series, split and x. */
export function meanPoints(all: readonly LossAndAccuracyPoint[]): LossAndAccuracyPoint[] {
  const alike = groupBy(all, ({ series, split, x }) => JSON.stringify([series, split, x]));
  return [...alike.values()].map((points) => {
    const { series, split, x } = points[0];
    const mean = (of: Quantity): number => meanOf(points.map((one) => one[of]));
    return { x, split, series, loss: mean('loss'), accuracy: mean('accuracy') };
  });
}

/** Whether the run stands in this cell of the tables. */
function standsIn(cells: Cells, [row, method]: Role, run: RunName | null | undefined): boolean {
  const group = cells.at(paperRow(row), method);
  return (
    group?.experiment === run?.experiment &&
    group?.method === run?.method &&
    group?.runs.some(({ record }) => record.seed === run?.seed) === true
  );
}

/** The paper's figures as far as there are curves for them, one seed each, and every curve that is in none of them. */
export function curveFigures(
  files: readonly CurveFile[],
  cells: Cells,
): { paper: UndrawnFigure[]; other: UndrawnFigure[] } {
  const used = new Set<CurvePoint>();
  const paper = PAPER_FIGURES.flatMap((figure) => {
    const drawn = drawPaperFigure(figure, files, cells);
    if (drawn === null) return [];
    for (const { point } of drawn.points) used.add(point);
    return [drawn.figure];
  });
  const other = files.flatMap((file) => (file.points.every((point) => used.has(point)) ? [] : [drawFile(file)]));
  return { paper, other };
}

function drawPaperFigure(
  { id, kind, series, split, caption }: PaperFigure,
  files: readonly CurveFile[],
  cells: Cells,
): { figure: UndrawnFigure; points: readonly Named[] } | null {
  const all = Object.entries(series);
  const isLine = kind === 'interpolate';
  // The series that runs belong to: the line between all of them in their order, or the one that the run is of.
  const seriesOf = (runs: readonly (RunName | null)[]): string | undefined => {
    if (!isLine) return all.find(([, role]) => standsIn(cells, role, runs[0]))?.[0];
    const isLineOfFigure = all.every(([, role], end) => standsIn(cells, role, runs[end]));
    return isLineOfFigure ? all.map(([name]) => name).join(' → ') : undefined;
  };
  const candidates = files
    .filter((file) => file.kind === kind)
    .flatMap((file) =>
      file.points.flatMap((point) => {
        const runs = point.checkpoints.map(file.runOf);
        const name = split === undefined || point.split === split ? seriesOf(runs) : undefined;
        return name === undefined ? [] : [{ file, point, series: name, runs: runs as RunName[] }];
      }),
    );
  // One seed a series, the lowest, from the first file that has it.
  const points = [...groupBy(candidates, (one) => one.series).values()].flatMap((ofSeries) => {
    const seed = Math.min(...ofSeries.map(({ runs }) => at(runs, 0).seed));
    const first = ofSeries.find(({ runs }) => at(runs, 0).seed === seed)!;
    const key = first.point.checkpoints.join('\n');
    return ofSeries.filter(({ file, point }) => file === first.file && point.checkpoints.join('\n') === key);
  });
  if (points.length === 0) return null;
  const names = [...new Set(points.flatMap(({ runs }) => runs.map(runText)))];
  const figure: UndrawnFigure = {
    section: 'paper',
    name: `figure-${id}`,
    heading: figureTitle(id),
    caption: `${caption}. ${names.join('; ')}.`,
    spec: lossAndAccuracyFigure(meanPoints(points.map(({ point, series }) => ({ ...point, series }))), {
      xTitle: X_TITLES[kind],
    }),
  };
  return { figure, points };
}

/** A file's curves as they are, each named by its run. */
function drawFile({ name, kind, points: all, runOf }: CurveFile): UndrawnFigure {
  const nameOf = (checkpoint: string): string => {
    const run = runOf(checkpoint);
    return run === null ? checkpoint : runText(run);
  };
  const points = meanPoints(all.map((point) => ({ ...point, series: point.checkpoints.map(nameOf).join(' → ') })));
  return {
    section: 'curves',
    name: `curves-${name}`,
    heading: name,
    caption: [...new Set(points.map(({ series }) => series))].join('; '),
    spec: lossAndAccuracyFigure(points, { xTitle: X_TITLES[kind] }),
  };
}
