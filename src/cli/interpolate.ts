/** `smoothout interpolate`: a curve of loss and accuracy between two checkpoints. */
import type { Command } from 'commander';
import type { LineRow, Statistics } from '../analysis/interpolation.js';
import { at } from '../support/at.js';
import { addCurveOptions, type CurveOptions, drawCurve, lineTable } from './curve.js';
import { choice, numberRange } from './options.js';

interface InterpolateOptions extends CurveOptions {
  readonly from: string;
  readonly to: string;
  readonly alpha: number[];
  readonly statistics: Statistics;
}

const EXAMPLES = `
Examples:
  smoothout interpolate --from results/runs/c1-sb/baseline/seed-1/best.safetensors \\
    --to results/runs/c1-lb/baseline/seed-1/best.safetensors
  smoothout interpolate --from sb.safetensors --to lb.safetensors --alpha 0:1:0.05 --statistics reestimate

At α = 0 are the weights of --from, at α = 1 those of --to.`;

export function registerInterpolate(program: Command): void {
  const command = program
    .command('interpolate')
    .description('loss and accuracy on the line between two minima (Figs. 3a, 5, 7a, 9 and 10)')
    .requiredOption('--from <file>', 'the checkpoint at α = 0')
    .requiredOption('--to <file>', 'the checkpoint at α = 1')
    .option('--alpha <range>', 'start:stop:step or a list', numberRange('--alpha'), numberRange('--alpha')('-1:2:0.1'))
    .addOption(choice('--statistics <how>', 'batch norm’s running statistics on the way', 'interpolate', 'reestimate'));
  addCurveOptions(command).addHelpText('after', EXAMPLES).action(drawInterpolation);
}

async function drawInterpolation(options: InterpolateOptions): Promise<void> {
  const { alpha: alphas, statistics, split: splits, images } = options;
  await drawCurve<'interpolate', LineRow>(
    options,
    [options.from, options.to],
    async (session, checkpoints, labelOf) => {
      const { createLinePoints, lineTasks, pairsAmong } = await import('../analysis/interpolation.js');
      const { lossAndAccuracyFigure } = await import('../report/figures/curves.js');
      const [from, to] = at(pairsAmong(checkpoints, 'all'), 0);
      const points = createLinePoints(session, from.model, images);
      const series = `${labelOf(from.path)} → ${labelOf(to.path)}`;
      const pointOf = ({ alpha, ...row }: LineRow) => ({ ...row, x: alpha, series });
      return {
        kind: 'interpolate',
        settings: { from: from.path, to: to.path, alpha: alphas, statistics, images },
        marks: [statistics !== 'interpolate' && statistics],
        tasks: lineTasks(points, [{ from, to, statistics }], { alphas, splits }, labelOf),
        figure: (rows) => lossAndAccuracyFigure(rows.map(pointOf), { xTitle: 'α', title: series }),
        table: (rows) => lineTable(rows.map(pointOf), 'α'),
        dispose: points.dispose,
      };
    },
  );
}
