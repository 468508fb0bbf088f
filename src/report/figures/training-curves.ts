/** Loss and accuracy against the epoch, a figure an experiment. */
import type { TopLevelSpec } from 'vega-lite';
import { methodTitle } from '../../config/methods.js';
import type { EpochMetrics } from '../../records/metrics.js';
import { at } from '../../support/at.js';
import { groupBy, meanOf } from '../../support/statistics.js';
import type { Group } from '../groups.js';
import { problemTitle } from '../paper.js';
import {
  DASHES,
  INTERVAL,
  LINE_LEGEND,
  logAxis,
  loggable,
  nominal,
  numbered,
  quantitative,
  SERIES_COLOURS,
  SHAPES,
  type UndrawnFigure,
} from './drawing.js';

/** One figure an experiment; runs of one name on other data or with other sizes have one of their own. */
export function trainingFigures(all: readonly Group[]): UndrawnFigure[] {
  const alike = groupBy(all, ({ experiment, settings: { model, dataset, batchSize, epochs }, synthetic }) =>
    JSON.stringify([experiment, model, dataset, batchSize, epochs, synthetic]),
  );
  return [...alike.values()].flatMap((groups): UndrawnFigure[] => {
    const { experiment, standing, settings } = groups[0];
    const heading = `${experiment}: ${problemTitle(settings)}, batch ${settings.batchSize}`;
    const deviations = standing.deviations.filter((one) =>
      groups.every((other) => other.standing.deviations.includes(one)),
    );
    const methods = new Map<string, number>();
    const series = groups.map((group) => {
      const name = methodTitle(group.method);
      return { name: numbered(methods, name, (count) => `${name} (${count})`), group };
    });
    const spec = trainingCurvesFigure(series, heading, deviations.join(', '));
    if (spec === null) return [];
    const caption = [
      ...deviations.map((deviation) => `${deviation}.`),
      'Means over the seeds; shaded: the range of the validation accuracy over the seeds.',
    ].join(' ');
    return [{ section: 'training', name: `training-${experiment}`, heading, caption, spec }];
  });
}

/** How many marks a curve carries, to be told from the others in black and white. */
const MARKS = 8;

/** By their names in metrics.jsonl what the legend calls them. */
const SPLITS = { train: 'training', validation: 'validation' } as const;

/** The mean over seeds, epoch by epoch, as far as every seed goes; the range of the accuracy over the seeds. */
function curvePoints(series: string, runs: readonly (readonly EpochMetrics[])[]) {
  const epochs = Math.min(...runs.map((metrics) => metrics.length));
  const every = Math.max(1, Math.round(epochs / MARKS));
  return Array.from({ length: epochs }, (_, i) =>
    (['train', 'validation'] as const).map((split) => {
      const metrics = runs.map((of) => at(of, i));
      const accuracies = metrics.map((of) => of[`${split}Accuracy`]);
      return {
        ...{ epoch: at(metrics, 0).epoch, series, split: SPLITS[split], marked: (i + 1) % every === 0 },
        ...{ loss: loggable(meanOf(metrics.map((of) => of[`${split}Loss`]))), accuracy: meanOf(accuracies) },
        ...{ low: Math.min(...accuracies), high: Math.max(...accuracies) },
      };
    }),
  ).flat();
}

/** The curves of a group, and what the legend calls them. */
export interface NamedGroup {
  readonly name: string;
  readonly group: Group;
}

/**
 * Loss (logarithmic) above, accuracy below, against the epoch: one curve a group and split, means over the seeds, with
 * the range of the validation accuracy over the seeds shaded. null where no run has metrics.
 */
export function trainingCurvesFigure(
  groups: readonly NamedGroup[],
  title: string,
  subtitle: string,
): TopLevelSpec | null {
  const values = groups.flatMap(({ name, group }) => {
    const runs = group.runs.map(({ metrics }) => metrics).filter((metrics) => metrics.length > 0);
    return runs.length === 0 ? [] : curvePoints(name, runs);
  });
  if (values.length === 0) return null;
  const series = [...new Set(values.map(({ series }) => series))];
  const color = nominal('series', series, SERIES_COLOURS, { symbolType: 'circle' });
  const shape = nominal('series', series, SHAPES);
  const strokeDash = nominal('split', Object.values(SPLITS), DASHES, LINE_LEGEND);
  const lines = { mark: 'line' as const, encoding: { strokeDash } };
  const marks = { transform: [{ filter: 'datum.marked' }], mark: 'point' as const, encoding: { shape } };
  const x = (title: string | null) =>
    quantitative('epoch', { scale: { nice: false }, axis: { title, tickMinStep: 1 } });
  const losses = values.map(({ loss }) => loss);
  return {
    title: { text: title, ...(subtitle === '' ? {} : { subtitle }), limit: 480 },
    data: { values },
    spacing: 12,
    vconcat: [
      {
        height: 150,
        encoding: { x: x(null), y: quantitative('loss', logAxis('Loss (log scale)', losses)), color },
        layer: [lines, marks],
      },
      {
        height: 150,
        encoding: {
          x: x('Epoch'),
          y: quantitative('accuracy', { scale: { zero: false }, axis: { title: 'Accuracy, %', tickCount: 5 } }),
          color,
        },
        layer: [
          {
            transform: [{ filter: 'datum.split === "validation"' }],
            mark: { type: 'area', opacity: 0.2 },
            encoding: INTERVAL,
          },
          lines,
          marks,
        ],
      },
    ],
  };
}
