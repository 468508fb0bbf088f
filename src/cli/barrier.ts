/** `smoothout barrier`: how high the loss rises on the lines between the minima of an experiment, pair by pair. */
import type { Command } from 'commander';
import { type Barrier, barrierOf } from '../analysis/barrier.js';
import type { CurveTask } from '../analysis/curve-rows.js';
import type { Split } from '../data/source.js';
import { findRuns } from '../records/find-runs.js';
import { runPathsIn } from '../records/run-folder.js';
import type { BarrierPoint } from '../report/figures/barriers.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { groupBy } from '../support/statistics.js';
import { counted } from '../support/words.js';
import { addCurveOptions, type CurveOptions, commonMarks, curveFileName, drawCurve } from './curve.js';
import { type LineRow, STATISTICS, type Statistics } from './interpolate.js';
import { choice, numberRange } from './options.js';
import { textTable } from './output.js';

type Pair = readonly [CheckpointFile, CheckpointFile];

interface BarrierOptions extends CurveOptions {
  readonly alpha: number[];
  readonly pairs: 'all' | 'seeds' | 'methods';
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
  const slug = what.map((text) => text.replace(/[^A-Za-z0-9._-]+/g, '-'));
  const own = [options.pairs, options.statistics].filter((mark) => mark !== 'all' && mark !== 'both');
  const name = options.name ?? curveFileName(['barrier', ...slug, ...commonMarks(options), ...own].join('-'));
  await drawCurve<LineRow>({ ...options, name }, paths, async (session, checkpoints, labelOf) => {
    const { curveCsv } = await import('../records/curve-record.js');
    const { barrierFigure } = await import('../report/figures/barriers.js');
    const pairs = await pairsOf(checkpoints, options);
    const ways = waysOf(at(checkpoints, 0), options.statistics);
    const kinds = new Map(pairs.map((pair) => [keyOf(pair), kindOf(pair)]));
    const pointOf = ({ alpha, loss, split, statistics, from, to }: LineRow): BarrierPoint => {
      const line = `${from}\n${to}`;
      const panel = `${split === 'train' ? 'training' : 'test'} set, statistics ${statistics}`;
      return { alpha, loss, line, kind: kinds.get(line)!, panel };
    };
    return {
      kind: 'barrier',
      settings: { what, alpha: alphas, pairs: options.pairs, statistics: options.statistics, images },
      tasks: pairs.flatMap((pair) =>
        ways.map((way) => taskOf(session, pair, way, { alphas, splits, images }, labelOf)),
      ),
      results: (rows) => ({ barriers: barriersOf(rows) }),
      csv: (rows) => curveCsv('barrier', rows),
      figure: (rows) => barrierFigure(rows.map(pointOf), titleOf(checkpoints, pairs)),
      table: (rows) => barrierTable(barriersOf(rows), labelOf),
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

async function pairsOf(checkpoints: readonly CheckpointFile[], { pairs: which }: BarrierOptions): Promise<Pair[]> {
  const { checkSameNetwork } = await import('../analysis/interpolation.js');
  for (const other of checkpoints.slice(1)) checkSameNetwork(at(checkpoints, 0), other);
  const all = checkpoints.flatMap((from, i) => checkpoints.slice(i + 1).map((to): Pair => [from, to]));
  const chosen = all.filter(([{ run: a }, { run: b }]) => {
    if (which === 'all') return true;
    if (a === null || b === null || a.experiment !== b.experiment) return false;
    const [sameSeed, sameMethod] = [a.seed === b.seed, a.method === b.method];
    return which === 'seeds' ? sameMethod && !sameSeed : sameSeed && !sameMethod;
  });
  if (chosen.length > 0) return chosen;
  throw new SmoothOutError('USAGE', `--pairs ${which}: there is no such pair among ${checkpoints.length} checkpoints`);
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

/** All points of a line: its programs are compiled once, and gone before those of the next. */
function taskOf(
  session: Session,
  [from, to]: Pair,
  statistics: Statistics,
  { alphas, splits, images }: { alphas: readonly number[]; splits: readonly Split[]; images: number | undefined },
  labelOf: (path: string) => string,
): CurveTask<LineRow> {
  return {
    key: `${labelOf(from.path)} → ${labelOf(to.path)}, ${STATISTICS[statistics]}`,
    rows: async (onShare) => {
      const { createInterpolation } = await import('../analysis/interpolation.js');
      const line = await createInterpolation(session, from, to, { statistics, ...(images && { images }) });
      const rows: LineRow[] = [];
      try {
        for (const alpha of alphas) {
          for (const split of splits) {
            const same = { from: from.path, to: to.path, statistics: STATISTICS[statistics] };
            rows.push({ alpha, split, ...(await line.at(alpha, split)), ...same });
            onShare(rows.length / (alphas.length * splits.length));
          }
        }
      } finally {
        await line.dispose();
      }
      return rows;
    },
  };
}

type PairBarrier = Barrier & Pick<LineRow, 'from' | 'to' | 'split' | 'statistics'>;

function barriersOf(rows: readonly LineRow[]): PairBarrier[] {
  const lines = groupBy(rows, ({ from, to, statistics, split }) => [from, to, statistics, split].join('\n'));
  return [...lines.values()].map((line) => {
    const { from, to, statistics, split } = line[0];
    return { from, to, split, statistics, ...barrierOf(line) };
  });
}

const HEADER = ['from', 'to', 'split', 'statistics', 'barrier', 'at α', 'of the error, points'];

function barrierTable(barriers: readonly PairBarrier[], labelOf: (path: string) => string): string {
  const rows = barriers.map(({ from, to, split, statistics, loss, alpha, error }) => [
    ...[labelOf(from), labelOf(to), split, statistics],
    ...[loss.toPrecision(4), String(alpha), error.toFixed(2)],
  ]);
  return textTable([HEADER, ...rows], [4, 5, 6]);
}
