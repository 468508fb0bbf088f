/** Validation error against the strength of the noise, from the trials of `smoothout tune`. */
import type { TopLevelSpec } from 'vega-lite';
import { METHOD_TITLES, strengthOf } from '../../config/methods.js';
import type { RunSpec } from '../../config/schema.js';
import { isTuningTrial, tunedBy } from '../../config/tuned.js';
import { at } from '../../support/at.js';
import { groupBy } from '../../support/statistics.js';
import { type Group, meanAccuracy } from '../groups.js';
import { dataTitle, modelTitle } from '../paper.js';
import type { Run } from '../runs.js';
import { STRENGTH_SCANS, type StrengthScan } from '../third-party.js';
import { BLUE, ends, INTERVAL, logAxis, ORANGE, quantitative, type UndrawnFigure } from './drawing.js';

/**
 * A figure for each method of each tuned experiment whose trials differ in the strength alone. SmoothOut on a data set that
 * others scanned has their curve below its own, over the same axis: another network, so another height, but strengths that can
 * be compared.
 */
export function strengthFigures(groups: readonly Group[], unfinished: readonly Run[]): UndrawnFigure[] {
  const trials = groups.filter(({ settings }) => isTuningTrial(settings) && strengthOf(settings.method) !== null);
  const alike = groupBy(trials, ({ experiment, synthetic, settings }) => scanKey(experiment, synthetic, settings));
  return [...alike].flatMap(([key, scan]): UndrawnFigure[] => {
    const points = scan
      .map((group) => {
        const { mean, ci95 } = meanAccuracy(group);
        return pointOf(strengthOf(group.settings.method)!, 100 - mean, ci95);
      })
      .sort((x, y) => x.a - y.a);
    const isScan = new Set(points.map(({ a }) => a)).size === points.length && points.length > 1;
    return isScan ? [figureOf(scan, points, divergedOf(key, unfinished))] : [];
  });
}

/** Error in percent at a strength, with the ends of its interval. */
const pointOf = (a: number, error: number, ci95: number | null) => ({ a, error, ...ends({ mean: error, ci95 }) });
type Point = ReturnType<typeof pointOf>;

/** What the runs of a scan have in common: all but the strength and the seed. */
function scanKey(experiment: string, synthetic: boolean, { method, epochs, validation }: RunSpec): string {
  return JSON.stringify([experiment, method.name, epochs, validation, synthetic]);
}

/** The strengths at which a run of the scan diverged. */
function divergedOf(key: string, unfinished: readonly Run[]): number[] {
  const own = unfinished.filter(
    ({ record: { status, experiment, data }, settings }) =>
      status === 'diverged' && scanKey(experiment, data.synthetic, settings) === key,
  );
  return [...new Set(own.flatMap(({ settings: { method } }) => strengthOf(method) ?? []))].sort((x, y) => x - y);
}

function figureOf(
  scan: readonly [Group, ...Group[]],
  points: readonly Point[],
  diverged: readonly number[],
): UndrawnFigure {
  const { experiment, synthetic, settings } = scan[0];
  const { model, dataset, batchSize, epochs, validation, method } = settings;
  const others = STRENGTH_SCANS.filter(
    (other) => !synthetic && method.name === 'smoothout' && other.dataset === dataset,
  );
  const seeds = scan.map(({ runs }) => runs.length);
  const [fewest, most] = [Math.min(...seeds), Math.max(...seeds)];
  const network = `${modelTitle(model)} on ${dataTitle(dataset, synthetic)}, batch ${batchSize}`;
  const caption = [
    `Error on ${validation.slice('holdout:'.length)} held-out training images at the best of ${epochs} epochs;`,
    most === 1
      ? 'one seed.'
      : `means over ${fewest === most ? most : `${fewest} to ${most}`} seeds with 95 % intervals.`,
    ...(at(points, 0).a === 0 ? ['Dashed: without noise.'] : []),
    ...(diverged.length > 0 ? [`Diverged at ${diverged.join(', ')}.`] : []),
    ...others.map(({ title, source }) => `Below: ${title} (${source}).`),
  ];
  return {
    section: 'strength',
    name: `strength-${tunedBy(experiment)}-${method.name}${synthetic ? '-generated' : ''}`,
    heading: `${tunedBy(experiment)}: ${METHOD_TITLES[method.name]} at several strengths`,
    caption: caption.join(' '),
    spec: strengthFigure({ title: `Here: ${network}, ${epochs} epochs`, points }, others),
  };
}

/** A panel for what was measured here, and one below it for each scan of others, over one logarithmic axis of strengths. */
function strengthFigure(
  own: { readonly title: string; readonly points: readonly Point[] },
  others: readonly StrengthScan[],
): TopLevelSpec {
  const panels = [
    { ...own, colour: BLUE },
    ...others.map(({ title, strengths, errors }) => ({
      ...{ title, colour: ORANGE, points: errors.map((error, i) => pointOf(at(strengths, i), error, null)) },
    })),
  ];
  const strengths = panels.flatMap(({ points }) => points.map(({ a }) => a));
  const { scale, axis } = logAxis('Strength of the noise, a (log scale)', strengths);
  return {
    spacing: 14,
    vconcat: panels.map(({ title, points, colour }, i) => ({
      title: { text: title, fontSize: 12 },
      height: 150,
      data: { values: points.map((point) => ({ ...point, kind: point.a === 0 ? 'without' : 'with' })) },
      encoding: {
        y: quantitative('error', { scale: { zero: false }, axis: { title: 'Validation error, %', tickCount: 5 } }),
      },
      layer: [
        {
          // A logarithmic axis has no room for a = 0: its mean crosses the panel, with its interval shaded.
          transform: [{ filter: 'datum.kind === "without"' }],
          layer: [
            { mark: { type: 'rect', color: colour, opacity: 0.12 }, encoding: INTERVAL },
            { mark: { type: 'rule', color: colour, strokeDash: [5, 3] } },
          ],
        },
        {
          transform: [{ filter: 'datum.kind === "with"' }],
          encoding: {
            x: quantitative('a', { scale, axis: { ...axis, title: i === panels.length - 1 ? axis.title : null } }),
          },
          layer: [
            { mark: { type: 'line', color: colour } },
            { mark: { type: 'rule', color: colour, strokeWidth: 1.3 }, encoding: INTERVAL },
            { mark: { type: 'point', color: colour, size: 45 } },
          ],
        },
      ],
    })),
  };
}
