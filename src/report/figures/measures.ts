/** Measures of the runs of a data set against their generalisation gap and test error. */
import { methodTitle } from '../../config/methods.js';
import { at } from '../../support/at.js';
import { groupBy } from '../../support/statistics.js';
import { type CorrelationRow, coefficientText, TARGETS } from '../correlations.js';
import { dataTitle, modelTitle } from '../paper.js';
import type { UndrawnFigure } from './drawing.js';
import { type ScatterPoint, scatterFigure } from './scatter.js';

/** A figure for each data set and target, with a panel for each measure. */
export function measureFigures(rows: readonly CorrelationRow[]): UndrawnFigure[] {
  // The rows of single networks are about points that the data set's own row has too.
  const whole = groupBy(rows, ({ dataset, synthetic, target, measure }) =>
    JSON.stringify([dataset, synthetic, target, measure]),
  );
  const firsts = [...whole.values()].map(([row]) => row);
  const figures = groupBy(firsts, ({ dataset, synthetic, target }) => JSON.stringify([dataset, synthetic, target]));
  return [...figures.values()].map((ofFigure): UndrawnFigure => {
    const { dataset, synthetic, target } = ofFigure[0];
    const data = dataTitle(dataset, synthetic);
    const panels = ofFigure.map(({ measure, kendall, points }) => ({
      panel: measure,
      title: linesOf(measure),
      subtitle: `τ = ${coefficientText(kendall)}, n = ${points.length}`,
    }));
    const { title } = TARGETS[target];
    const yTitle = `${at(title, 0).toUpperCase()}${title.slice(1)}, ${target === 'gap' ? 'points' : '%'}`;
    return {
      section: 'sharpness',
      name: ['measures', target, ...data.toLowerCase().match(/[a-z0-9]+/g)!].join('-'),
      heading: `Measures and the ${title} on ${data}`,
      caption: 'Every completed run. τ: Kendall’s rank correlation with its 95 % bootstrap interval.',
      spec: scatterFigure(ofFigure.flatMap(pointsOf), panels, { xTitle: 'Value (log scale)', yTitle, columns: 3 }),
    };
  });
}

function pointsOf({ measure: panel, points }: CorrelationRow): ScatterPoint[] {
  return points.map(({ run: { settings }, measure, target }) => ({
    ...{ panel, problem: modelTitle(settings.model), method: methodTitle(settings.method.name) },
    ...{ x: measure, y: target },
  }));
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
