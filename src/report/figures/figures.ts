import type { TopLevelSpec } from 'vega-lite';
import { groupBy } from '../group-by.js';
import type { ClaimingGroup } from '../paper/cells.js';
import { DATASET_NAMES, MODEL_NAMES } from '../paper/rows.js';
import type { Results } from '../results.js';
import { batchSizeFamilies, batchSizeFigure } from './batch-size.js';
import { curveFigures } from './curve-figures.js';
import { renderSvg } from './render-svg.js';
import {
  CONVENTION_TITLES,
  correlationText,
  rankCorrelations,
  sharpnessGapFigure,
  sharpnessGapPoints,
} from './sharpness-gap.js';
import { trainingCurvesFigure } from './training-curves.js';

/** The sections of figures on the page, in their order. */
export const FIGURE_SECTIONS = {
  batchSize: 'Accuracy against batch size',
  sharpness: 'Sharpness against the generalisation gap',
  paper: 'The figures of the paper',
  training: 'Training curves',
  curves: 'Other curves around minima',
} as const;

export interface Figure {
  readonly section: keyof typeof FIGURE_SECTIONS;
  /** Of the file, without `.svg`. */
  readonly name: string;
  readonly heading: string;
  readonly caption: string;
  readonly svg: string;
}

type UndrawnFigure = Omit<Figure, 'svg'> & { readonly spec: TopLevelSpec };

/** Draws every figure that there are runs or curves for. */
export async function drawFigures(results: Results): Promise<Figure[]> {
  const drawn: UndrawnFigure[] = [];
  const all = [...results.cells.placed, ...results.cells.apart];
  for (const family of batchSizeFamilies(all)) {
    drawn.push({
      section: 'batchSize',
      name: `batch-size-${family.name}`,
      heading: family.title,
      caption: 'Mean best-epoch accuracy over seeds with its 95 % interval; hollow marks: the paper.',
      spec: batchSizeFigure(family),
    });
  }
  const points = sharpnessGapPoints(results.runs);
  const scatter = sharpnessGapFigure(points);
  if (scatter !== null) {
    const within = rankCorrelations(points).filter(({ problem }) => problem !== null);
    drawn.push({
      section: 'sharpness',
      name: 'sharpness-gap',
      heading: 'Every measured run, in each convention',
      caption: [
        'Generalisation gap: training minus validation accuracy at the best epoch, the training accuracy as it was trained on.',
        "Filled marks: the baseline. ρ: Spearman's rank correlation over all runs.",
        ...within.map((one) => `${CONVENTION_TITLES[one.convention]}, ${one.problem}: ${correlationText(one)}.`),
      ].join(' '),
      spec: scatter,
    });
  }
  const { paper, other } = curveFigures(results.curves.files, results.cells);
  drawn.push(...paper.map((figure) => ({ section: 'paper' as const, ...figure })));
  drawn.push(...trainingFigures(all));
  drawn.push(...other.map((figure) => ({ section: 'curves' as const, ...figure })));
  const figures: Figure[] = [];
  // One after the other: the ids that Vega counts up are the process's, not the figure's.
  for (const { spec, ...figure } of drawn) figures.push({ ...figure, svg: await renderSvg(spec) });
  return figures;
}

/** One figure an experiment; runs of one name on other data or with other sizes have one of their own. */
function trainingFigures(all: readonly ClaimingGroup[]): UndrawnFigure[] {
  const alike = groupBy(all, ({ group }) => {
    const { settings, record } = group.runs[0]!;
    const { model, dataset, batchSize, epochs } = settings;
    return JSON.stringify([group.experiment, model, dataset, batchSize, epochs, record.data.synthetic]);
  });
  const seen = new Map<string, number>();
  return [...alike.values()].flatMap((groups): UndrawnFigure[] => {
    const { group, claim } = groups[0]!;
    const { model, dataset, batchSize } = group.runs[0]!.settings;
    const heading = `${group.experiment}: ${MODEL_NAMES[model]} on ${DATASET_NAMES[dataset]}, batch ${batchSize}`;
    const deviations = claim.deviations.filter((one) => groups.every((other) => other.claim.deviations.includes(one)));
    const spec = trainingCurvesFigure(
      groups.map((one) => one.group),
      heading,
      deviations.join(', '),
    );
    if (spec === null) return [];
    const count = (seen.get(group.experiment) ?? 0) + 1;
    seen.set(group.experiment, count);
    const name = `training-${group.experiment}${count === 1 ? '' : `-${count}`}`;
    const caption = [
      ...deviations.map((deviation) => `${deviation}.`),
      'Means over the seeds; shaded: the range of the validation accuracy over the seeds.',
    ].join(' ');
    return [{ section: 'training', name, heading, caption, spec }];
  });
}
