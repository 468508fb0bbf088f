/** `smoothout barrier`: how high the loss rises on the lines between the minima of an experiment, pair by pair. */
import type { Command } from 'commander';
import { barriersOf, type LineBarrier } from '../analysis/barrier.js';
import type { LineRow, Pair, PairChoice, Statistics } from '../analysis/interpolation.js';
import { findRuns } from '../records/find-runs.js';
import { runPathsIn } from '../records/run-folder.js';
import type { BarrierPoint } from '../report/figures/barriers.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { counted } from '../support/words.js';
import { addCurveOptions, type CurveOptions, drawCurve } from './curve.js';
import { choice, numberRange } from './options.js';
import { textTable } from './output.js';

interface BarrierOptions extends CurveOptions {
  readonly alpha: number[];
  readonly pairs: PairChoice;
  readonly statistics: Statistics | 'both';
}

const EXAMPLES = `
Examples:
  smoothout barrier f1-lb
  smoothout barrier c1-sb c1-lb --pairs methods --split test --images 2000
  smoothout barrier a.safetensors b.safetensors --statistics reestimate --alpha 0:1:0.05

Of runs it takes the best checkpoints. docs/sharpness.md says what a barrier is.`;

export function registerBarrier(program: Command): void {
  const command = program
    .command('barrier')
    .description('the barriers of loss and error on the lines between minima, for every pair')
    .argument('<what...>', 'experiments, folders of runs or checkpoints')
    .option('--alpha <range>', 'start:stop:step or a list', numberRange('--alpha'), numberRange('--alpha')('0:1:0.1'))
    .addOption(
      choice(
        '--pairs <which>',
        'all, or those that differ in the seed alone or in the method alone',
        'all',
        'seeds',
        'methods',
      ),
    )
    .addOption(
      choice('--statistics <how>', 'batch norm’s running statistics on the way', 'both', 'interpolate', 'reestimate'),
    );
  addCurveOptions(command).addHelpText('after', EXAMPLES).action(drawBarriers);
}

async function drawBarriers(what: readonly string[], options: BarrierOptions): Promise<void> {
  const { alpha: alphas, split: splits, images } = options;
  if (!alphas.includes(0) || !alphas.includes(1) || alphas.some((alpha) => alpha < 0 || alpha > 1)) {
    throw new SmoothOutError('USAGE', '--alpha: a barrier needs points from 0 to 1, with both ends');
  }
  const paths = await checkpointsOf(what, options.out);
  await drawCurve<'barrier', LineRow>(options, paths, async (session, checkpoints, labelOf) => {
    const { barrierFigure } = await import('../report/figures/barriers.js');
    const { createLinePoints, lineTasks, pairsAmong } = await import('../analysis/interpolation.js');
    const pairs = pairsAmong(checkpoints, options.pairs);
    const first = at(checkpoints, 0);
    const ways = waysOf(first, options.statistics);
    const lines = pairs.flatMap(([from, to]) => ways.map((statistics) => ({ from, to, statistics })));
    const points = createLinePoints(session, first.model, images);
    const kinds = new Map(pairs.map((pair) => [keyOf(pair), kindOf(pair)]));
    const pointOf = ({ alpha, loss, split, statistics, from, to }: LineRow): BarrierPoint => {
      const line = `${from}\n${to}`;
      const panel = `${split === 'train' ? 'training' : 'test'} set, statistics ${statistics}`;
      return { alpha, loss, line, kind: kinds.get(line)!, panel };
    };
    return {
      kind: 'barrier',
      settings: { what, alpha: alphas, pairs: options.pairs, statistics: options.statistics, images },
      of: what.map((text) => text.replace(/[^A-Za-z0-9._-]+/g, '-')).join('-'),
      marks: [options.pairs !== 'all' && options.pairs, options.statistics !== 'both' && options.statistics],
      tasks: lineTasks(points, lines, { alphas, splits }, labelOf),
      results: (rows) => ({ barriers: barriersOf(rows) }),
      figure: (rows) => barrierFigure(rows.map(pointOf), titleOf(checkpoints, pairs)),
      table: (rows) => barrierTable(barriersOf(rows), labelOf),
      dispose: points.dispose,
    };
  });
}

/** Files as they are, and the best checkpoints of everything else. */
async function checkpointsOf(what: readonly string[], results: string): Promise<string[]> {
  const found = await Promise.all(
    what.map(async (each) => {
      if (each.endsWith('.safetensors')) return [each];
      const best = (await findRuns(each, results)).map(({ folder }) => runPathsIn(folder).best);
      const there = await Promise.all(best.map(exists));
      return best.filter((_, i) => there[i]);
    }),
  );
  const paths = [...new Set(found.flat())];
  if (paths.length > 1) return paths;
  throw new SmoothOutError(
    'USAGE',
    `${what.join(', ')}: a pair needs two checkpoints, and there ${paths.length === 0 ? 'is none' : 'is one'}`,
  );
}

/** Without batch normalisation there is nothing to estimate. */
function waysOf({ model }: CheckpointFile, statistics: BarrierOptions['statistics']): readonly Statistics[] {
  if (statistics !== 'both') return [statistics];
  return model.layout.statisticsSize === 0 ? ['interpolate'] : ['interpolate', 'reestimate'];
}

const keyOf = ([from, to]: Pair): string => `${from.path}\n${to.path}`;

/** Such as "baseline – smoothout", with the experiments where they are two. */
function kindOf([{ run: a }, { run: b }]: Pair): string {
  if (a === null || b === null) return 'checkpoints';
  if (a.experiment !== b.experiment) return `${a.experiment}/${a.method} – ${b.experiment}/${b.method}`;
  return `${a.experiment}: ${a.method === b.method ? `seeds of ${a.method}` : `${a.method} – ${b.method}`}`;
}

/** Such as "f1-lb, 45 pairs"; where all pairs are of one kind, which needs no legend, that kind. */
function titleOf(checkpoints: readonly CheckpointFile[], pairs: readonly Pair[]): string {
  const experiments = [...new Set(checkpoints.map(({ run }) => run?.experiment ?? 'checkpoints'))];
  const kinds = [...new Set(pairs.map(kindOf))];
  const count = counted(pairs.length, 'pair');
  return `${kinds.length === 1 ? kinds[0] : experiments.join(', ')}, ${count}`;
}

const HEADER = ['from', 'to', 'split', 'statistics', 'barrier', 'at α', 'of the error, points'];

function barrierTable(barriers: readonly LineBarrier[], labelOf: (path: string) => string): string {
  const rows = barriers.map(({ from, to, split, statistics, loss, alpha, error }) => [
    ...[labelOf(from), labelOf(to), split, statistics],
    ...[loss.toPrecision(4), String(alpha), error.toFixed(2)],
  ]);
  return textTable([HEADER, ...rows], [4, 5, 6]);
}
