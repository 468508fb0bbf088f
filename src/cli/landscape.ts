/** `smoothout landscape`: loss and accuracy along random directions, or over a plane of two. */
import type { Command } from 'commander';
import type { CurveTask } from '../analysis/curve-rows.js';
import type { DirectionOptions, Landscape } from '../analysis/landscape.js';
import type { Split } from '../data/source.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Evaluation } from '../session/evaluate.js';
import { groupBy } from '../support/statistics.js';
import { addCurveOptions, type CurveOptions, drawCurve, lineTable } from './curve.js';
import { choice, numberRange, wholeNumber } from './options.js';

interface LandscapeOptions extends CurveOptions, DirectionOptions {
  readonly ckpt: string[];
  readonly alpha?: number[];
  readonly plane?: boolean;
  readonly directions: number;
}

interface Row extends Evaluation {
  readonly alpha: number;
  /** Of a plane. */
  readonly beta?: number;
  readonly split: Split;
  /** Counted from 1. */
  readonly direction: number;
  readonly checkpoint: string;
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
    .addOption(wholeNumber('--directions <n>', 'how many directions, or planes, to average', 1).default(1))
    .addOption(
      choice(
        '--distribution <name>',
        'that directions are drawn from: U(−1, 1) as the authors, or normal as Li et al.',
        'uniform',
        'gaussian',
      ),
    )
    .addOption(
      choice('--fixed <what>', 'biasbn: biases and batch norm stay where they are, as in Li et al.', 'none', 'biasbn'),
    );
  addCurveOptions(command).addHelpText('after', EXAMPLES).action(drawLandscape);
}

async function drawLandscape(options: LandscapeOptions): Promise<void> {
  const { plane = false, directions, distribution, fixed, seed, images } = options;
  await drawCurve<'landscape' | 'plane', Row>(options, options.ckpt, async (session, checkpoints, labelOf) => {
    const { createLandscape } = await import('../analysis/landscape.js');
    const { lossAndAccuracyFigure, meanPoints } = await import('../report/figures/curves.js');
    const { planeFigure } = await import('../report/figures/plane.js');
    const landscapes = checkpoints.map((checkpoint) => ({
      checkpoint,
      landscape: createLandscape(session, checkpoint, { distribution, fixed, seed, images }),
    }));
    const kind = plane ? 'plane' : 'landscape';
    const alphas = options.alpha ?? numberRange('--alpha')(plane ? '-0.3:0.3:0.05' : '-0.3:0.3:0.02');
    const points = alphas.flatMap((alpha) => (plane ? alphas.map((beta) => ({ alpha, beta })) : [{ alpha }]));
    const pointsOf = (rows: readonly Row[]) =>
      meanPoints(rows.map(({ alpha, checkpoint, ...row }) => ({ ...row, x: alpha, series: labelOf(checkpoint) })));
    const gridOf = (rows: readonly Row[]) =>
      [...groupBy(rows, ({ beta = 0 }) => beta)].flatMap(([beta, line]) =>
        pointsOf(line).map(({ x: alpha, ...point }) => ({ ...point, alpha, beta })),
      );
    const lineOf = (rows: readonly Row[]) => pointsOf(rows.filter(({ beta = 0 }) => beta === 0));
    return {
      kind,
      settings: { alpha: alphas, directions, distribution, fixed, seed, images },
      marks: [
        directions !== 1 && `${directions}-directions`,
        distribution !== 'uniform' && distribution,
        fixed !== 'none' && fixed,
      ],
      tasks: landscapes.flatMap((of) => tasksOf(of, options, points, labelOf(of.checkpoint.path))),
      figure: (rows) =>
        plane
          ? planeFigure(gridOf(rows))
          : lossAndAccuracyFigure(lineOf(rows), { xTitle: 'α, in norms of each filter' }),
      table: (rows) => lineTable(lineOf(rows), plane ? 'α (β = 0)' : 'α'),
      dispose: async () => {
        for (const { landscape } of landscapes) await landscape.dispose();
      },
    };
  });
}

/** A task for each direction, point and split, in that order: a direction is drawn once. */
function tasksOf(
  { checkpoint, landscape }: { readonly checkpoint: CheckpointFile; readonly landscape: Landscape },
  { directions, split: splits }: LandscapeOptions,
  points: readonly Pick<Row, 'alpha' | 'beta'>[],
  label: string,
): CurveTask<Row>[] {
  return Array.from({ length: directions }, (_, direction) =>
    points.flatMap((point) =>
      splits.map((split) => {
        const place = Object.values(point);
        return {
          key: `${label}, direction ${direction + 1} at ${place.join(', ')}, ${split}`,
          rows: async () => {
            const evaluation = await landscape.at(direction, place, split);
            return [{ ...point, ...evaluation, split, direction: direction + 1, checkpoint: checkpoint.path }];
          },
        };
      }),
    ),
  ).flat();
}
