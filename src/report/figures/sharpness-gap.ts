import type { TopLevelSpec } from 'vega-lite';
import { DATASET_NAMES, METHOD_NAMES, MODEL_NAMES } from '../paper.js';
import { generalisationGap, measurementOf, type Run } from '../runs.js';
import { CONVENTION_NAMES, type NamedConvention } from '../sharpness-record.js';
import { groupBy, spearman } from '../statistics.js';
import { INK, logTicks, SERIES_COLOURS, SHAPES } from './drawing.js';

export const CONVENTION_TITLES: Readonly<Record<NamedConvention, string>> = {
  defined: 'as defined',
  keskar: "Keskar et al.'s convention",
  reference: "the authors' code",
};

/** A completed run with both numbers. */
export interface SharpnessGapPoint {
  readonly convention: NamedConvention;
  /** Network and data; runs on generated data are a kind of their own. */
  readonly problem: string;
  readonly method: string;
  readonly sharpness: number;
  /** Training − validation accuracy at the best epoch, percentage points. */
  readonly gap: number;
}

export function sharpnessGapPoints(runs: readonly Run[]): SharpnessGapPoint[] {
  return runs.flatMap((run) => {
    const gap = generalisationGap(run);
    if (gap === null || run.record.status !== 'completed') return [];
    const { model, dataset, method } = run.settings;
    const problem = `${MODEL_NAMES[model]}, ${run.record.data.synthetic ? 'generated ' : ''}${DATASET_NAMES[dataset]}`;
    return CONVENTION_NAMES.flatMap((convention): SharpnessGapPoint[] => {
      const value = measurementOf(run, convention)?.value;
      // Rounding can leave a metric that is zero a little below it, and a logarithmic axis has no room for that.
      return value === undefined
        ? []
        : [{ convention, problem, method: METHOD_NAMES[method.name]!, sharpness: Math.max(value, 0), gap }];
    });
  });
}

export interface RankCorrelation {
  readonly convention: NamedConvention;
  /** null: over all runs. Over several problems together, what sets the problems apart weighs in as well. */
  readonly problem: string | null;
  /** Spearman's ρ of sharpness and generalisation gap; null where it is not defined. */
  readonly rho: number | null;
  readonly n: number;
}

/** ρ over all runs and, with several problems, within each. */
export function rankCorrelations(points: readonly SharpnessGapPoint[]): RankCorrelation[] {
  return [...groupBy(points, ({ convention }) => convention)].flatMap(([convention, all]) => {
    const correlation = (problem: string | null, of: readonly SharpnessGapPoint[]): RankCorrelation => {
      const rho = spearman(
        of.map(({ sharpness }) => sharpness),
        of.map(({ gap }) => gap),
      );
      return { convention, problem, rho, n: of.length };
    };
    const problems = groupBy(all, ({ problem }) => problem);
    const within = problems.size > 1 ? [...problems].map(([problem, of]) => correlation(problem, of)) : [];
    return [correlation(null, all), ...within];
  });
}

export const correlationText = ({ rho, n }: RankCorrelation): string =>
  `${rho === null ? 'ρ not defined' : `ρ = ${rho.toFixed(2).replace('-', '−')}`} (n = ${n})`;

/** Every measured run: its generalisation gap against its sharpness, one panel a convention. null without points. */
export function sharpnessGapFigure(points: readonly SharpnessGapPoint[]): TopLevelSpec | null {
  if (points.length === 0) return null;
  const problems = [...new Set(points.map(({ problem }) => problem))].sort();
  const methods = [...new Set(points.map(({ method }) => method))].sort();
  const method = {
    field: 'method',
    type: 'nominal',
    scale: { domain: methods, range: methods.map((_, k) => SERIES_COLOURS[k % SERIES_COLOURS.length]!) },
  } as const;
  const legend = { title: null, orient: 'bottom', columns: 4 } as const;
  const methodLegend = { ...legend, symbolType: 'circle' };
  const correlations = rankCorrelations(points).filter(({ problem }) => problem === null);
  return {
    spacing: 18,
    data: { values: [...points] },
    hconcat: correlations.map((correlation, i) => {
      const { convention } = correlation;
      const sharpness = points.filter((point) => point.convention === convention).map((point) => point.sharpness);
      const ticks = logTicks(sharpness);
      const zero = sharpness.some((value) => value === 0);
      return {
        title: { text: CONVENTION_TITLES[convention], subtitle: correlationText(correlation), fontSize: 12 },
        width: 220,
        height: 230,
        transform: [{ filter: { field: 'convention', equal: convention } }],
        mark: { type: 'point', opacity: 0.85, size: 45 },
        encoding: {
          x: {
            field: 'sharpness',
            type: 'quantitative',
            // A logarithmic axis with room for the exact zeros of failed line searches.
            scale: zero
              ? { type: 'symlog', constant: ticks[0] ?? 1, domain: [0, ticks.at(-1) ?? 1], nice: false }
              : { type: 'log', domain: [ticks[0]!, ticks.at(-1)!] },
            axis: {
              title: 'Sharpness (log scale)',
              values: zero ? [0, ...ticks] : ticks,
              grid: false,
              labelExpr: 'format(datum.value, "~g")',
            },
          },
          y: {
            field: 'gap',
            type: 'quantitative',
            scale: { zero: false },
            axis: { title: i === 0 ? 'Generalisation gap, points' : null, tickCount: 5 },
          },
          stroke: { ...method, legend: methodLegend },
          fill: { ...method, legend: methodLegend },
          // Filled for the baseline, hollow for every other method: the two part in black and white too.
          fillOpacity: { condition: { test: 'datum.method === "Baseline"', value: 1 }, value: 0 },
          shape: {
            field: 'problem',
            type: 'nominal',
            scale: { domain: problems, range: problems.map((_, k) => SHAPES[k % SHAPES.length]!) },
            legend: { ...legend, symbolFillColor: INK, symbolStrokeColor: INK },
          },
        },
      };
    }),
  };
}
