/** `smoothout landscape`: loss and accuracy along random directions, or over a plane of two. */

import { type Command, Option } from 'commander';
import type { CurveTask } from '../analysis/curve-rows.js';
import type { Landscape } from '../analysis/landscape.js';
import type { Split } from '../data/split-images.js';
import type { LossAndAccuracyPoint } from '../report/figures/curves.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { groupBy } from '../support/statistics.js';
import { addCurveOptions, type CurveOptions, drawCurve, lineTable } from './curve.js';
import { numberRange, wholeNumber } from './options.js';
import { checkpointLabels, inSession, openCheckpoints } from './session.js';

interface LandscapeOptions extends CurveOptions {
  readonly ckpt: string[];
  readonly alpha?: number[];
  readonly plane?: boolean;
  readonly directions: number;
  readonly distribution: 'uniform' | 'gaussian';
  readonly fixed: 'none' | 'biasbn';
}

interface LineRow {
  readonly alpha: number;
  readonly split: Split;
  readonly loss: number;
  readonly accuracy: number;
  /** Counted from 1. */
  readonly direction: number;
  readonly checkpoint: string;
}

interface PlaneRow extends LineRow {
  readonly beta: number;
}

const EXAMPLES = `
Examples:
  smoothout landscape --ckpt results/runs/resnet44-cifar10-lb-gbn/*/seed-1/best.safetensors
  smoothout landscape --ckpt a.safetensors b.safetensors --directions 5 --distribution gaussian --fixed biasbn
  smoothout landscape --ckpt best.safetensors --plane --alpha -0.5:0.5:0.1 --split test --images 2000

All checkpoints are moved along the same random numbers, scaled to the norms of each one's own filters.`;

export function registerLandscape(program: Command): void {
  const command = program
    .command('landscape')
    .description('loss and accuracy along a random filter-normalised direction, or over a plane of two (Fig. 6)')
    .requiredOption('--ckpt <file...>', 'checkpoints to compare')
    .option(
      '--alpha <range>',
      'start:stop:step or a list (default: -0.3:0.3:0.02, of a plane -0.3:0.3:0.05)',
      numberRange('--alpha'),
    )
    .option('--plane', 'over the plane of two directions')
    .option('--directions <n>', 'how many directions, or planes, to average', wholeNumber('--directions', 1), 1)
    .addOption(
      new Option(
        '--distribution <name>',
        'that directions are drawn from: U(−1, 1) as the authors, or normal as Li et al.',
      )
        .choices(['uniform', 'gaussian'])
        .default('uniform'),
    )
    .addOption(
      new Option('--fixed <what>', 'biasbn: biases and batch norm stay where they are, as in Li et al.')
        .choices(['none', 'biasbn'])
        .default('none'),
    );
  addCurveOptions(command).addHelpText('after', EXAMPLES).action(drawLandscape);
}

async function drawLandscape(options: LandscapeOptions): Promise<void> {
  await inSession(options, async (session) => {
    const { createLandscape } = await import('../analysis/landscape.js');
    const { distribution, fixed, seed, images } = options;
    const checkpoints = await openCheckpoints(session, options.ckpt, options.config);
    const landscapes = checkpoints.map((checkpoint) =>
      createLandscape(session, checkpoint, { distribution, fixed, seed, ...(images && { images }) }),
    );
    try {
      await (options.plane ? drawPlane : drawLine)(options, checkpoints, landscapes);
    } finally {
      for (const landscape of landscapes) await landscape.dispose();
    }
  });
}

function settingsOf({ directions, distribution, fixed, seed, images }: LandscapeOptions, alpha: number[]): object {
  return { alpha, directions, distribution, fixed, seed, images };
}

function marksOf({ directions, distribution, fixed }: LandscapeOptions): string[] {
  return [
    ...(directions === 1 ? [] : [`${directions}-directions`]),
    ...(distribution === 'uniform' ? [] : [distribution]),
    ...(fixed === 'none' ? [] : [fixed]),
  ];
}

/** A task for each network, direction, point and split, in that order: a direction is drawn once. */
function tasksOf<Row>(
  { directions, split: splits }: LandscapeOptions,
  checkpoints: readonly CheckpointFile[],
  landscapes: readonly Landscape[],
  points: readonly (readonly number[])[],
  rowOf: (at: readonly number[], row: Omit<LineRow, 'alpha'>) => Row,
): CurveTask<Row>[] {
  const labelOf = checkpointLabels(checkpoints);
  return checkpoints.flatMap(({ path: checkpoint }, k) =>
    Array.from({ length: directions }, (_, direction) => direction).flatMap((direction) =>
      points.flatMap((at) =>
        splits.map((split) => ({
          key: `${labelOf(checkpoint)}, direction ${direction + 1} at ${at.join(', ')}, ${split}`,
          rows: async () => {
            const evaluation = await landscapes[k]!.at(direction, at, split);
            return [rowOf(at, { ...evaluation, split, direction: direction + 1, checkpoint })];
          },
        })),
      ),
    ),
  );
}

async function drawLine(
  options: LandscapeOptions,
  checkpoints: readonly CheckpointFile[],
  landscapes: readonly Landscape[],
): Promise<void> {
  const { curveCsv } = await import('../records/curve-record.js');
  const { lossAndAccuracyFigure, meanPoints } = await import('../report/figures/curves.js');
  const alphas = options.alpha ?? numberRange('--alpha')('-0.3:0.3:0.02');
  const toPoint = pointOf(checkpointLabels(checkpoints));
  const pointsOf = (rows: readonly LineRow[]) => meanPoints(rows.map(toPoint));
  await drawCurve(options, {
    kind: 'landscape',
    checkpoints,
    settings: settingsOf(options, alphas),
    marks: marksOf(options),
    tasks: tasksOf(
      options,
      checkpoints,
      landscapes,
      alphas.map((alpha) => [alpha]),
      ([alpha], row): LineRow => ({ alpha: alpha!, ...row }),
    ),
    csv: (rows) => curveCsv('landscape', rows),
    figure: (rows) => lossAndAccuracyFigure(pointsOf(rows), { xTitle: 'α, in norms of each filter' }),
    table: (rows) => lineTable(pointsOf(rows), 'α'),
  });
}

async function drawPlane(
  options: LandscapeOptions,
  checkpoints: readonly CheckpointFile[],
  landscapes: readonly Landscape[],
): Promise<void> {
  const { curveCsv } = await import('../records/curve-record.js');
  const { meanPoints } = await import('../report/figures/curves.js');
  const { planeFigure } = await import('../report/figures/plane.js');
  const alphas = options.alpha ?? numberRange('--alpha')('-0.3:0.3:0.05');
  const toPoint = pointOf(checkpointLabels(checkpoints));
  const pointsOf = (rows: readonly LineRow[]) => meanPoints(rows.map(toPoint));
  const gridOf = (rows: readonly PlaneRow[]) =>
    [...groupBy(rows, ({ beta }) => beta)].flatMap(([beta, line]) =>
      pointsOf(line).map(({ x: alpha, ...point }) => ({ ...point, alpha, beta })),
    );
  await drawCurve(options, {
    kind: 'plane',
    checkpoints,
    settings: settingsOf(options, alphas),
    marks: marksOf(options),
    tasks: tasksOf(
      options,
      checkpoints,
      landscapes,
      alphas.flatMap((alpha) => alphas.map((beta) => [alpha, beta])),
      ([alpha, beta], row): PlaneRow => ({ alpha: alpha!, beta: beta!, ...row }),
    ),
    csv: (rows) => curveCsv('plane', rows),
    figure: (rows) => planeFigure(gridOf(rows)),
    table: (rows) => lineTable(pointsOf(rows.filter(({ beta }) => beta === 0)), 'α (β = 0)'),
  });
}

/** A row as a figure takes it: each direction's, of which `meanPoints` takes the means. */
const pointOf =
  (labelOf: (checkpoint: string) => string) =>
  ({ alpha, checkpoint, split, loss, accuracy }: LineRow): LossAndAccuracyPoint => ({
    x: alpha,
    series: labelOf(checkpoint),
    split,
    loss,
    accuracy,
  });
