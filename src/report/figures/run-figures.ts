/** What finished runs show side by side: accuracy against batch size, and sharpness against the generalisation gap. */
import type { TopLevelSpec } from 'vega-lite';
import { methodTitle } from '../../config/methods.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import { at, last } from '../../support/at.js';
import { spearman } from '../../support/rank-correlation.js';
import { groupBy } from '../../support/statistics.js';
import { familiesOf } from '../families.js';
import { type Group, meanAccuracy } from '../groups.js';
import { CONVENTION_TITLES } from '../measures.js';
import { dataTitle, modelTitle, PAPER_METHODS, PAPER_ROWS } from '../paper.js';
import { generalisationGap, measurementOf, type Run } from '../runs.js';
import { INTERVAL, nominal, quantitative, SERIES_COLOURS, SHAPES, type UndrawnFigure } from './drawing.js';
import { scatterFigure } from './scatter.js';

/** A figure for every family of groups that has several batch sizes. */
export function batchSizeFigures(groups: readonly Group[]): UndrawnFigure[] {
  return familiesOf(groups)
    .filter((family) => new Set(family.groups.map(({ settings }) => settings.batchSize)).size > 1)
    .map(({ groups: members, heading, name, isComparable }): UndrawnFigure => {
      const paper = isComparable ? published(members[0].settings) : [];
      return {
        ...{ section: 'batchSize', name: `batch-size-${name}`, heading },
        caption: 'Mean best-epoch accuracy over seeds with its 95 % interval; hollow marks: the paper.',
        spec: batchSizeFigure(heading, [...measured(members), ...paper]),
      };
    });
}

interface Point {
  readonly batchSize: number;
  readonly series: string;
  readonly source: 'measured' | 'paper';
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

const seriesOf = (method: string, ghostBatches: boolean): string =>
  `${methodTitle(method)}${ghostBatches ? ', ghost batches' : ''}`;

function measured(family: readonly Group[]): Point[] {
  return family.map((group) => {
    const { batchSize, ghostBatchSize } = group.settings;
    const { mean, ci95 } = meanAccuracy(group);
    const half = ci95 ?? 0;
    const series = seriesOf(group.method, ghostBatchSize !== null);
    return { batchSize, series, source: 'measured', accuracy: mean, low: mean - half, high: mean + half };
  });
}

function published({ model, dataset }: Group['settings']): Point[] {
  return PAPER_ROWS.filter((row) => row.model === model && row.dataset === dataset).flatMap((row) =>
    PAPER_METHODS.flatMap((method): Point[] => {
      const accuracy = row.results[method]?.accuracy;
      if (accuracy === undefined) return [];
      const series = seriesOf(method, row.ghostBatches);
      return [{ batchSize: row.batchSize, series, source: 'paper', accuracy, low: accuracy, high: accuracy }];
    }),
  );
}

/** Best-epoch accuracy against batch size: filled marks with 95 % intervals, and the paper's numbers as hollow ones. */
function batchSizeFigure(title: string, points: readonly Point[]): TopLevelSpec {
  const values = [...points].sort((a, b) => a.batchSize - b.batchSize);
  const series = [...new Set(values.map((value) => value.series))].sort();
  const sizes = [...new Set(values.map(({ batchSize }) => batchSize))];
  const legend = { title: null, orient: 'top', columns: 2 } as const;
  const filter = (source: Point['source']) => [{ filter: { field: 'source', equal: source } }];
  const shape = nominal('series', series, SHAPES, legend);
  const size = Math.log2(last(sizes) / at(sizes, 0)) * 0.08;
  return {
    title,
    width: 420,
    height: 240,
    data: { values },
    encoding: {
      x: quantitative('batchSize', {
        scale: { type: 'log', base: 2, nice: false, domain: [at(sizes, 0) / 2 ** size, last(sizes) * 2 ** size] },
        axis: { title: 'Batch size (log scale)', values: sizes, grid: false, format: 'd' },
      }),
      y: quantitative('accuracy', {
        scale: { zero: false },
        axis: { title: 'Accuracy, % (hollow: paper)', tickCount: 6 },
      }),
      color: nominal('series', series, SERIES_COLOURS, legend),
    },
    layer: [
      { transform: filter('measured'), mark: 'line' },
      { transform: filter('measured'), mark: { type: 'rule', strokeWidth: 1.3 }, encoding: INTERVAL },
      {
        transform: filter('measured'),
        mark: { type: 'point', filled: true, opacity: 1, size: 50 },
        encoding: { shape },
      },
      { transform: filter('paper'), mark: { type: 'point', filled: false, opacity: 1, size: 50 }, encoding: { shape } },
    ],
  };
}

/** Every measured run, if there is one. */
export function sharpnessGapFigures(runs: readonly Run[]): UndrawnFigure[] {
  const points = sharpnessGapPoints(runs);
  const spec = sharpnessGapFigure(points);
  if (spec === null) return [];
  const within = rankCorrelations(points).filter(({ problem }) => problem !== null);
  const caption = [
    'Generalisation gap: training minus validation accuracy at the best epoch, the training accuracy as it was trained on.',
    "Filled marks: the baseline. ρ: Spearman's rank correlation over all runs.",
    ...within.map((one) => `${CONVENTION_TITLES[one.convention].sentence}, ${one.problem}: ${correlationText(one)}.`),
  ].join(' ');
  return [
    { section: 'sharpness', name: 'sharpness-gap', heading: 'Every measured run, in each convention', caption, spec },
  ];
}

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

function sharpnessGapPoints(runs: readonly Run[]): SharpnessGapPoint[] {
  return runs.flatMap((run) => {
    const gap = generalisationGap(run);
    if (gap === null || run.record.status !== 'completed') return [];
    const { model, dataset, method } = run.settings;
    const problem = `${modelTitle(model)}, ${dataTitle(dataset, run.record.data.synthetic)}`;
    return CONVENTION_NAMES.flatMap((convention): SharpnessGapPoint[] => {
      const value = measurementOf(run, convention)?.value;
      // Rounding can leave a metric that is zero a little below it, and a logarithmic axis has no room for that.
      return value === undefined
        ? []
        : [{ convention, problem, method: methodTitle(method.name), sharpness: Math.max(value, 0), gap }];
    });
  });
}

interface RankCorrelation {
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
  const panels = rankCorrelations(points)
    .filter(({ problem }) => problem === null)
    .map((one) => ({
      panel: one.convention,
      title: CONVENTION_TITLES[one.convention].sentence,
      subtitle: correlationText(one),
    }));
  const named = points.map(({ convention: panel, sharpness: x, gap: y, ...rest }) => ({ ...rest, panel, x, y }));
  const titles = { xTitle: 'Sharpness (log scale)', yTitle: 'Generalisation gap, points', columns: panels.length };
  return scatterFigure(named, panels, titles);
}
