import type { TopLevelSpec } from 'vega-lite';
import type { EpochMetrics } from '../../training/metrics.js';
import { METHOD_NAMES } from '../paper.js';
import type { Group } from '../runs.js';
import { meanOf } from '../statistics.js';
import { DASHES, INK, logTicks, SERIES_COLOURS, SHAPES } from './drawing.js';

/** How many marks a curve carries, to be told from the others in black and white. */
const MARKS = 8;

const SPLITS = ['training', 'validation'] as const;

interface CurvePoint {
  readonly epoch: number;
  readonly series: string;
  readonly split: (typeof SPLITS)[number];
  /** null where a logarithm has no value. */
  readonly loss: number | null;
  readonly accuracy: number;
  /** Least and greatest validation accuracy over the seeds. */
  readonly low?: number;
  readonly high?: number;
  readonly marked: boolean;
}

const loggable = (loss: number): number | null => (loss > 0 && Number.isFinite(loss) ? loss : null);

/** The mean over seeds, epoch by epoch, as far as every seed goes. */
function curvePoints(series: string, runs: readonly (readonly EpochMetrics[])[]): CurvePoint[] {
  const epochs = Math.min(...runs.map((metrics) => metrics.length));
  const every = Math.max(1, Math.round(epochs / MARKS));
  return Array.from({ length: epochs }, (_, i) => {
    const at = runs.map((metrics) => metrics[i]!);
    const validation = at.map(({ validationAccuracy }) => validationAccuracy);
    const common = { epoch: at[0]!.epoch, series, marked: (i + 1) % every === 0 };
    return [
      {
        ...common,
        split: SPLITS[0],
        loss: loggable(meanOf(at.map(({ trainLoss }) => trainLoss))),
        accuracy: meanOf(at.map(({ trainAccuracy }) => trainAccuracy)),
      },
      {
        ...common,
        split: SPLITS[1],
        loss: loggable(meanOf(at.map(({ validationLoss }) => validationLoss))),
        accuracy: meanOf(validation),
        low: Math.min(...validation),
        high: Math.max(...validation),
      },
    ];
  }).flat();
}

/** Names for the legend, a number added where two groups have the same method. */
function seriesNames(groups: readonly Group[]): string[] {
  const seen = new Map<string, number>();
  return groups.map(({ method }) => {
    const name = METHOD_NAMES[method] ?? method;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

const LEGEND = { title: null, orient: 'top' } as const;

/** Colour and shape by series, dashes by split. */
function encodings(series: readonly string[]) {
  const nominal = <T>(field: string, domain: readonly string[], range: readonly T[]) => ({
    field,
    type: 'nominal' as const,
    scale: { domain: [...domain], range: domain.map((_, i) => range[i % range.length]!) },
  });
  const line = { symbolType: 'M-2,0L2,0', symbolSize: 200, symbolStrokeColor: INK, labelOffset: 14 };
  return {
    color: { ...nominal('series', series, SERIES_COLOURS), legend: { ...LEGEND, symbolType: 'circle' } },
    shape: { ...nominal('series', series, SHAPES), legend: LEGEND },
    strokeDash: {
      ...nominal(
        'split',
        SPLITS,
        DASHES.map((dash) => [...dash]),
      ),
      legend: { ...LEGEND, ...line },
    },
  };
}

/**
 * Loss (logarithmic) above, accuracy below, against the epoch: one curve a method and split, means over the seeds, with
 * the range of the validation accuracy over the seeds shaded. null where no run has metrics.
 */
export function trainingCurvesFigure(groups: readonly Group[], title: string, subtitle: string): TopLevelSpec | null {
  const names = seriesNames(groups);
  const values = groups.flatMap((group, i) => {
    const runs = group.runs.map(({ metrics }) => metrics).filter((metrics) => metrics.length > 0);
    return runs.length === 0 ? [] : curvePoints(names[i]!, runs);
  });
  if (values.length === 0) return null;
  const ticks = logTicks(values.map(({ loss }) => loss));
  const { color, shape, strokeDash } = encodings(names.filter((name) => values.some(({ series }) => series === name)));
  const lines = { mark: { type: 'line', invalid: 'break-paths-show-domains' }, encoding: { strokeDash } } as const;
  const marks = {
    transform: [{ filter: 'datum.marked' }],
    mark: { type: 'point' as const, filled: true, opacity: 1, invalid: 'filter' as const },
    encoding: { shape },
  };
  const x = { field: 'epoch', type: 'quantitative', scale: { nice: false } } as const;
  const xAxis = { grid: false, tickMinStep: 1 } as const;
  const panel = { width: 420, height: 150 };
  return {
    title: { text: title, ...(subtitle === '' ? {} : { subtitle }), limit: 480 },
    data: { values },
    spacing: 12,
    vconcat: [
      {
        ...panel,
        encoding: {
          x: { ...x, axis: { ...xAxis, title: null } },
          y: {
            field: 'loss',
            type: 'quantitative',
            scale: { type: 'log', ...(ticks.length === 0 ? {} : { domain: [ticks[0]!, ticks.at(-1)!] }) },
            axis: { title: 'Loss (log scale)', values: ticks, labelExpr: 'format(datum.value, "~g")' },
          },
          color,
        },
        layer: [lines, marks],
      },
      {
        ...panel,
        encoding: {
          x: { ...x, axis: { ...xAxis, title: 'Epoch' } },
          y: {
            field: 'accuracy',
            type: 'quantitative',
            scale: { zero: false },
            axis: { title: 'Accuracy, %', tickCount: 5 },
          },
          color,
        },
        layer: [
          {
            transform: [{ filter: 'datum.split === "validation"' }],
            mark: { type: 'area', opacity: 0.2 },
            encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
          },
          lines,
          marks,
        ],
      },
    ],
  };
}
