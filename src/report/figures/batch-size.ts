import type { TopLevelSpec } from 'vega-lite';
import type { ClaimingGroup } from '../cells.js';
import { DATASET_NAMES, METHOD_NAMES, MODEL_NAMES, PAPER_METHODS, PAPER_ROWS } from '../paper.js';
import { meanAccuracy } from '../runs.js';
import { groupBy } from '../statistics.js';
import { SERIES_COLOURS, SHAPES } from './drawing.js';

/** Groups that differ in batch size and method, and in what follows from the batch size. */
export interface BatchSizeFamily {
  /** Part of a file name. */
  readonly name: string;
  readonly title: string;
  readonly groups: readonly ClaimingGroup[];
  /** Trained as the paper's rows are, so that the paper's accuracies may stand beside. */
  readonly comparable: boolean;
}

/** The families with at least two batch sizes. */
export function batchSizeFamilies(groups: readonly ClaimingGroup[]): BatchSizeFamily[] {
  const familyOf = ({ group }: ClaimingGroup): string => {
    const { settings, record } = group.runs[0]!;
    const { model, dataset, epochs, validation, trainLimit, validationLimit, preset, augment, optimizer } = settings;
    return JSON.stringify([
      ...[model, dataset, record.data.synthetic, epochs, validation, trainLimit, validationLimit, preset],
      ...[augment, optimizer.name],
    ]);
  };
  return [...groupBy(groups, familyOf).values()]
    .filter((members) => new Set(members.map(({ group }) => group.runs[0]!.settings.batchSize)).size > 1)
    .map((members): BatchSizeFamily => {
      const { settings, record } = members[0]!.group.runs[0]!;
      const comparable = members.some(({ claim }) => claim.deviations.length === 0);
      const marks = [
        ...(record.data.synthetic ? ['generated'] : []),
        ...(comparable ? [] : [`${settings.epochs}-epochs`]),
        ...(settings.validation === 'test' ? [] : ['holdout']),
        ...(settings.trainLimit === null ? [] : [`${settings.trainLimit}-images`]),
        ...(settings.preset === 'paper' ? [] : [settings.preset]),
      ];
      return {
        name: [settings.model, settings.dataset, ...marks].join('-'),
        title: [`${MODEL_NAMES[settings.model]} on ${DATASET_NAMES[settings.dataset]}`, ...marks].join(', '),
        groups: members,
        comparable,
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
  `${METHOD_NAMES[method] ?? method}${ghostBatches ? ', ghost batches' : ''}`;

function measured({ groups }: BatchSizeFamily): Point[] {
  return groups.map(({ group }) => {
    const { settings } = group.runs[0]!;
    const { mean, ci95 } = meanAccuracy(group);
    return {
      batchSize: settings.batchSize,
      series: seriesOf(group.method, settings.ghostBatchSize !== null),
      source: 'measured',
      accuracy: mean,
      low: mean - (ci95 ?? 0),
      high: mean + (ci95 ?? 0),
    };
  });
}

function published({ groups, comparable }: BatchSizeFamily): Point[] {
  if (!comparable) return [];
  const { model, dataset } = groups[0]!.group.runs[0]!.settings;
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
export function batchSizeFigure(family: BatchSizeFamily): TopLevelSpec {
  const values = [...measured(family), ...published(family)].sort((a, b) => a.batchSize - b.batchSize);
  const series = [...new Set(values.map((value) => value.series))].sort();
  const sizes = [...new Set(values.map(({ batchSize }) => batchSize))];
  const scale = <T>(range: readonly T[]) => ({ domain: series, range: series.map((_, i) => range[i % range.length]!) });
  const legend = { title: null, orient: 'top', columns: 2 } as const;
  const filter = (source: Point['source']) => [{ filter: { field: 'source', equal: source } }];
  const shape = { field: 'series', type: 'nominal', scale: scale(SHAPES), legend } as const;
  const size = Math.log2(sizes.at(-1)! / sizes[0]!) * 0.08;
  return {
    title: family.title,
    width: 420,
    height: 240,
    data: { values },
    encoding: {
      x: {
        field: 'batchSize',
        type: 'quantitative',
        scale: { type: 'log', base: 2, nice: false, domain: [sizes[0]! / 2 ** size, sizes.at(-1)! * 2 ** size] },
        axis: { title: 'Batch size (log scale)', values: sizes, grid: false, format: 'd' },
      },
      y: {
        field: 'accuracy',
        type: 'quantitative',
        scale: { zero: false },
        axis: { title: 'Accuracy, % (hollow: paper)', tickCount: 6 },
      },
      color: { field: 'series', type: 'nominal', scale: scale(SERIES_COLOURS), legend },
    },
    layer: [
      { transform: filter('measured'), mark: 'line' },
      {
        transform: filter('measured'),
        mark: { type: 'rule', strokeWidth: 1.3 },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      {
        transform: filter('measured'),
        mark: { type: 'point', filled: true, opacity: 1, size: 50 },
        encoding: { shape },
      },
      { transform: filter('paper'), mark: { type: 'point', filled: false, opacity: 1, size: 50 }, encoding: { shape } },
    ],
  };
}
