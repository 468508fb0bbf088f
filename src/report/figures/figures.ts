/** Every figure that there are runs or curves for. */
import type { TopLevelSpec } from 'vega-lite';
import type { Cells, ClaimingGroup } from '../cells.js';
import {
  DATASET_NAMES,
  MODEL_NAMES,
  PAPER_FIGURES,
  type PaperFigure,
  type PaperMethod,
  paperRow,
  type Role,
} from '../paper.js';
import type { Results } from '../results.js';
import { groupBy, meanOf } from '../statistics.js';
import { batchSizeFamilies, batchSizeFigure } from './batch-size.js';
import type { CurveFile, CurveKind, CurvePoint, Origin } from './curve-record.js';
import { renderSvg } from './drawing.js';
import { type LossAndAccuracyPoint, lossAndAccuracyFigure } from './loss-and-accuracy.js';
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

interface DrawnFigure {
  readonly name: string;
  readonly heading: string;
  readonly caption: string;
  readonly spec: TopLevelSpec;
}

const X_TITLES: Readonly<Record<CurveKind, string>> = {
  sensitivity: 'Strength of the noise, a',
  interpolate: 'α',
  landscape: 'α, in norms of each filter',
};

/** A point and where it is from. */
interface Sourced {
  readonly file: CurveFile;
  readonly point: CurvePoint;
}

/** The means over directions (of a landscape) and repeats, for each series, split and x. */
function meanPoints(sourced: readonly Sourced[], seriesOf: (source: Sourced) => string): LossAndAccuracyPoint[] {
  const alike = groupBy(sourced, (source) => JSON.stringify([seriesOf(source), source.point.split, source.point.x]));
  return [...alike.values()].map((sources) => {
    const mean = (of: (point: CurvePoint) => number): number => meanOf(sources.map(({ point }) => of(point)));
    const { x, split } = sources[0]!.point;
    const series = seriesOf(sources[0]!);
    return { x, split, series, loss: mean(({ loss }) => loss), accuracy: mean(({ accuracy }) => accuracy) };
  });
}

const nameOf = ({ experiment, method, seed }: Origin): string => `${experiment}/${method}, seed ${seed}`;

/** The run's place in the tables, or null for a run that is in none of them. */
function roleOf(cells: Cells, roles: Iterable<Role>, origin: Origin | null): Role | null {
  for (const role of roles) {
    const [id, method] = role.split('/') as [string, PaperMethod];
    const group = cells.at(paperRow(id), method)?.group;
    const isRun = (record: Origin): boolean =>
      record.experiment === origin?.experiment && record.method === origin.method && record.seed === origin.seed;
    if (group?.runs.some(({ record }) => isRun(record)) === true) return role;
  }
  return null;
}

/** The paper's figures as far as there are curves for them, one seed each, and every curve that is in none of them. */
export function curveFigures(
  files: readonly CurveFile[],
  cells: Cells,
): { paper: DrawnFigure[]; other: DrawnFigure[] } {
  const used = new Set<CurvePoint>();
  const paper = PAPER_FIGURES.flatMap((figure) => {
    const drawn = drawPaperFigure(figure, files, cells);
    if (drawn === null) return [];
    for (const { point } of drawn.points) used.add(point);
    return [drawn.figure];
  });
  const other = files.flatMap((file) => (file.points.every((point) => used.has(point)) ? [] : [drawFile(file)]));
  return { paper, other };
}

function drawPaperFigure(
  { id, kind, series, split, caption }: PaperFigure,
  files: readonly CurveFile[],
  cells: Cells,
): { figure: DrawnFigure; points: Sourced[] } | null {
  const roles = Object.values(series);
  const ends = kind === 'interpolate' ? roles.length : 1;
  // The checkpoints' roles: [one] of the series, or both ends in their order.
  const candidates = files
    .filter((file) => file.kind === kind)
    .flatMap((file) => file.points.map((point) => ({ file, point })))
    .filter(({ point }) => split === undefined || point.split === split)
    .map((source) => {
      const origins = source.point.checkpoints.map((checkpoint) => source.file.originOf(checkpoint));
      return { ...source, origins, roles: origins.map((origin) => roleOf(cells, roles, origin)) };
    })
    .filter((source) =>
      ends === 1 ? source.roles[0] !== null : source.roles.every((role, end) => role === roles[end]),
    );
  // One seed a series, the lowest, from the first file that has it.
  const points = [...groupBy(candidates, (source) => source.roles[0]!).values()].flatMap((sources) => {
    const seed = Math.min(...sources.map(({ origins }) => origins[0]!.seed));
    const first = sources.find(({ origins }) => origins[0]!.seed === seed)!;
    const key = first.point.checkpoints.join('\n');
    return sources.filter(({ file, point }) => file === first.file && point.checkpoints.join('\n') === key);
  });
  if (points.length === 0) return null;
  const names = new Map(Object.entries(series).map(([name, role]) => [role, name]));
  const seriesOf = (source: Sourced): string => {
    const origin = source.file.originOf(source.point.checkpoints[0]!);
    return ends === 1 ? names.get(roleOf(cells, roles, origin)!)! : Object.keys(series).join(' → ');
  };
  const heading = `Fig. ${id.slice(0, -1)}(${id.at(-1)})`;
  const runs = [...new Set(points.flatMap(({ origins }) => origins.map((origin) => nameOf(origin!))))];
  const spec = lossAndAccuracyFigure(meanPoints(points, seriesOf), { xTitle: X_TITLES[kind] });
  return { figure: { name: `figure-${id}`, heading, caption: `${caption}. ${runs.join('; ')}.`, spec }, points };
}

/** A file's curves as they are, each named by its run. */
function drawFile(file: CurveFile): DrawnFigure {
  const seriesOf = ({ point }: Sourced): string =>
    point.checkpoints
      .map((checkpoint) => {
        const origin = file.originOf(checkpoint);
        return origin === null ? checkpoint : nameOf(origin);
      })
      .join(' → ');
  const points = meanPoints(
    file.points.map((point) => ({ file, point })),
    seriesOf,
  );
  return {
    name: `curves-${file.name}`,
    heading: file.name,
    caption: [...new Set(points.map(({ series }) => series))].join('; '),
    spec: lossAndAccuracyFigure(points, { xTitle: X_TITLES[file.kind] }),
  };
}
