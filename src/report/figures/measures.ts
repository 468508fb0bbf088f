/** What was measured of runs against how they generalise: a panel for each measure, a point for each run. */
import type { TopLevelSpec } from 'vega-lite';
import { methodTitle } from '../../config/methods.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import { at } from '../../support/at.js';
import { spearman } from '../../support/rank-correlation.js';
import { groupBy } from '../../support/statistics.js';
import { type CorrelationRow, coefficientText, TARGETS } from '../correlations.js';
import { CONVENTION_TITLES } from '../measures.js';
import { dataTitle, modelTitle } from '../paper.js';
import { generalisationGap, measurementOf, type Run } from '../runs.js';
import { INK, logAxis, nominal, quantitative, SERIES_COLOURS, SHAPES, type UndrawnFigure } from './drawing.js';

/** A completed run. */
export interface ScatterPoint {
  /** Network and data, where these are several: the mark's shape. */
  readonly problem: string;
  /** The mark's colour; the baseline's is filled. */
  readonly method: string;
  readonly x: number;
  readonly y: number;
}

interface Panel {
  readonly title: string | string[];
  readonly subtitle: string;
  readonly points: readonly ScatterPoint[];
}

/** A figure for each data set and target. */
export function measureFigures(rows: readonly CorrelationRow[]): UndrawnFigure[] {
  const figures = groupBy(rows, ({ dataset, synthetic, target }) => JSON.stringify([dataset, synthetic, target]));
  return [...figures.values()].map((ofFigure): UndrawnFigure => {
    const { dataset, synthetic, target } = ofFigure[0];
    const data = dataTitle(dataset, synthetic);
    // The first row of a measure is over all networks; those of single networks are about some of its points.
    const panels = [...groupBy(ofFigure, ({ measure }) => measure)].map(([measure, [{ kendall, points }]]) => ({
      title: linesOf(measure),
      subtitle: `τ = ${coefficientText(kendall)}, n = ${points.length}`,
      points: points.map(({ run: { settings }, measure: x, target: y }) => ({
        ...{ problem: modelTitle(settings.model), method: methodTitle(settings.method.name), x, y },
      })),
    }));
    const { title } = TARGETS[target];
    const yTitle = `${at(title, 0).toUpperCase()}${title.slice(1)}, ${target === 'gap' ? 'points' : '%'}`;
    return {
      section: 'sharpness',
      name: ['measures', target, ...data.toLowerCase().match(/[a-z0-9]+/g)!].join('-'),
      heading: `Measures and the ${title} on ${data}`,
      caption: 'Every completed run. τ: Kendall’s rank correlation with its 95 % bootstrap interval.',
      spec: scatterFigure(panels, { xTitle: 'Value (log scale)', yTitle, columns: 3 }),
    };
  });
}

const LONGEST_LINE = 34;

/** A measure's name in lines that fit above a panel. */
function linesOf(measure: string): string[] {
  const lines: string[] = [];
  for (const part of measure.split(', ')) {
    const joined = lines.length === 0 ? part : `${lines.at(-1)}, ${part}`;
    if (lines.length === 0 || joined.length > LONGEST_LINE) lines.push(part);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

/** Sharpness of every measured run, on all data sets. */
export function sharpnessGapFigures(runs: readonly Run[]): UndrawnFigure[] {
  const points = CONVENTION_NAMES.map((convention) => [convention, gapPoints(runs, convention)] as const);
  const measured = new Map(points.filter(([, of]) => of.length > 0));
  return measured.size === 0 ? [] : [sharpnessGapFigure(measured)];
}

function gapPoints(runs: readonly Run[], convention: NamedConvention): ScatterPoint[] {
  return runs.flatMap((run) => {
    const [x, y] = [measurementOf(run, convention)?.value, generalisationGap(run)];
    if (x === undefined || y === null || run.record.status !== 'completed') return [];
    const { model, dataset, method } = run.settings;
    const problem = `${modelTitle(model)}, ${dataTitle(dataset, run.record.data.synthetic)}`;
    // Rounding can leave a metric that is zero a little below it, and a logarithmic axis has no room for that.
    return [{ problem, method: methodTitle(method.name), x: Math.max(x, 0), y }];
  });
}

export function sharpnessGapFigure(measured: ReadonlyMap<NamedConvention, readonly ScatterPoint[]>): UndrawnFigure {
  const panels = [...measured].map(([convention, points]) => {
    return { title: CONVENTION_TITLES[convention].sentence, subtitle: correlationText(points), points };
  });
  // Over several problems together, what sets the problems apart weighs in as well.
  const within = panels.flatMap(({ title, points }) => {
    const problems = [...groupBy(points, ({ problem }) => problem)];
    return problems.length === 1
      ? []
      : problems.map(([problem, of]) => `${title}, ${problem}: ${correlationText(of)}.`);
  });
  const titles = { xTitle: 'Sharpness (log scale)', yTitle: 'Generalisation gap, points', columns: panels.length };
  return {
    ...{ section: 'sharpness', name: 'sharpness-gap', heading: 'Every measured run, in each convention' },
    caption: [
      'Generalisation gap: training minus validation accuracy at the best epoch, the training accuracy as it was trained on.',
      "Filled marks: the baseline. ρ: Spearman's rank correlation over all runs.",
      ...within,
    ].join(' '),
    spec: scatterFigure(panels, titles),
  };
}

function correlationText(points: readonly ScatterPoint[]): string {
  const rho = spearman(
    points.map(({ x }) => x),
    points.map(({ y }) => y),
  );
  return `${rho === null ? 'ρ not defined' : `ρ = ${rho.toFixed(2).replace('-', '−')}`} (n = ${points.length})`;
}

/** Panels side by side, `columns` in a row, in the order given. */
function scatterFigure(
  panels: readonly Panel[],
  { xTitle, yTitle, columns }: { readonly xTitle: string; readonly yTitle: string; readonly columns: number },
): TopLevelSpec {
  const all = panels.flatMap(({ points }) => points);
  const problems = [...new Set(all.map(({ problem }) => problem))].sort();
  const methods = [...new Set(all.map(({ method }) => method))].sort();
  const legend = { orient: 'bottom', columns: 4 } as const;
  const method = nominal('method', methods, SERIES_COLOURS, { ...legend, symbolType: 'circle' });
  return {
    spacing: 18,
    columns,
    concat: panels.map(({ title, subtitle, points }, i) => ({
      title: { text: title, subtitle, fontSize: 12 },
      width: 220,
      height: 230,
      data: { values: [...points] },
      mark: { type: 'point', filled: false, opacity: 0.85, size: 45 },
      encoding: {
        x: quantitative('x', axisOver(points, xTitle)),
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
function axisOver(points: readonly ScatterPoint[], title: string) {
  const values = points.map(({ x }) => x);
  const { scale, axis } = logAxis(title, values);
  const least = Math.min(...values);
  if (least > 0) return { scale, axis };
  const ticks = axis.values;
  const domain = [least, ticks.at(-1) ?? 1];
  return {
    scale: { type: 'symlog' as const, constant: ticks[0] ?? 1, domain, nice: false },
    axis: { ...axis, values: [0, ...ticks] },
  };
}
