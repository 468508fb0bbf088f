/** Accuracy against batch size, with the paper's numbers beside it. */
import type { TopLevelSpec } from 'vega-lite';
import { methodTitle } from '../../config/methods.js';
import { at, last } from '../../support/at.js';
import type { Estimate } from '../../support/statistics.js';
import { familiesOf } from '../families.js';
import { type Group, meanAccuracy } from '../groups.js';
import { PAPER_ROWS } from '../paper.js';
import { ends, INTERVAL, nominal, quantitative, SERIES_COLOURS, SHAPES, type UndrawnFigure } from './drawing.js';

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

function pointOf(
  source: 'measured' | 'paper',
  batchSize: number,
  [method, ghostBatches]: readonly [method: string, ghostBatches: boolean],
  estimate: Pick<Estimate, 'mean' | 'ci95'>,
) {
  const series = `${methodTitle(method)}${ghostBatches ? ', ghost batches' : ''}`;
  return { source, batchSize, series, accuracy: estimate.mean, ...ends(estimate) };
}

type Point = ReturnType<typeof pointOf>;

const measured = (family: readonly Group[]): Point[] =>
  family.map((group) => {
    const { batchSize, ghostBatchSize } = group.settings;
    return pointOf('measured', batchSize, [group.method, ghostBatchSize !== null], meanAccuracy(group));
  });

const published = ({ model, dataset }: Group['settings']): Point[] =>
  PAPER_ROWS.filter((row) => row.model === model && row.dataset === dataset).flatMap(
    ({ batchSize, ghostBatches, results }) =>
      Object.entries(results).map(([method, { accuracy }]) =>
        pointOf('paper', batchSize, [method, ghostBatches], { mean: accuracy, ci95: null }),
      ),
  );

/** Best-epoch accuracy against batch size: filled marks with 95 % intervals, and the paper's numbers as hollow ones. */
function batchSizeFigure(title: string, points: readonly Point[]): TopLevelSpec {
  const values = [...points].sort((a, b) => a.batchSize - b.batchSize);
  const series = [...new Set(values.map((value) => value.series))].sort();
  const sizes = [...new Set(values.map(({ batchSize }) => batchSize))];
  const filter = (source: Point['source']) => [{ filter: { field: 'source', equal: source } }];
  const shape = nominal('series', series, SHAPES);
  const size = Math.log2(last(sizes) / at(sizes, 0)) * 0.08;
  return {
    title,
    height: 240,
    data: { values },
    encoding: {
      x: quantitative('batchSize', {
        scale: { type: 'log', base: 2, nice: false, domain: [at(sizes, 0) / 2 ** size, last(sizes) * 2 ** size] },
        axis: { title: 'Batch size (log scale)', values: sizes, format: 'd' },
      }),
      y: quantitative('accuracy', {
        scale: { zero: false },
        axis: { title: 'Accuracy, % (hollow: paper)', tickCount: 6 },
      }),
      color: nominal('series', series, SERIES_COLOURS),
    },
    layer: [
      { transform: filter('measured'), mark: 'line' },
      { transform: filter('measured'), mark: { type: 'rule', strokeWidth: 1.3 }, encoding: INTERVAL },
      { transform: filter('measured'), mark: { type: 'point', size: 50 }, encoding: { shape } },
      { transform: filter('paper'), mark: { type: 'point', filled: false, size: 50 }, encoding: { shape } },
    ],
  };
}
