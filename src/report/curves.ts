/** The curves of a folder of results: read from its figures, and what they say of groups of runs. */
import { readdir } from 'node:fs/promises';
import { type CurveFile, readCurve } from '../records/curve-record.js';
import { runText } from '../records/run-folder.js';
import { reasonOf } from '../support/errors.js';
import { type BySeed, meanOf } from '../support/statistics.js';
import type { Group } from './groups.js';
import type { Problem } from './runs.js';

export interface Curves {
  /** By name. */
  readonly files: readonly CurveFile[];
  readonly problems: readonly Problem[];
}

/** Reads the curves among the CSV files of a folder; other files there are passed over. No folder is no curves. */
export async function loadCurves(folder: string): Promise<Curves> {
  const files: CurveFile[] = [];
  const problems: Problem[] = [];
  const all = await readdir(folder).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOENT') problems.push({ where: 'figures', what: `the folder cannot be read (${code})` });
    return [];
  });
  const names = all.filter((name) => name.endsWith('.csv')).sort();
  for (const file of names) {
    try {
      const curve = await readCurve(folder, file.slice(0, -'.csv'.length));
      if (curve !== null && curve.points.length > 0) files.push(curve);
    } catch (error) {
      problems.push({ where: `figures/${file}`, what: `${reasonOf(error)}; the figure is left out` });
    }
  }
  return { files, problems };
}

/**
 * How much noise raises the loss at the minima that two groups have found: C̄(w) − C(w) on the training set, by seed. It is the
 * mean over the strengths a > 0 that all curves of `smoothout sensitivity` of both groups have. A run without a curve from
 * a = 0 on is in neither; of two curves of a run the first counts.
 */
export function rises(groups: readonly [Group, Group], files: readonly CurveFile[]): readonly [BySeed, BySeed] {
  const [more, less] = [lossCurves(groups[0], files), lossCurves(groups[1], files)];
  const all = [...more.values(), ...less.values()];
  const strengths = [...(all[0]?.keys() ?? [])].filter((a) => a > 0 && all.every((curve) => curve.has(a)));
  const raised = (bySeed: ReadonlyMap<number, LossCurve>): BySeed => {
    const mean = (curve: LossCurve) => meanOf(strengths.map((a) => curve.get(a)! - curve.get(0)!));
    return new Map(strengths.length === 0 ? [] : [...bySeed].map(([seed, curve]) => [seed, mean(curve)]));
  };
  return [raised(more), raised(less)];
}

/** The loss at each strength, means over draws. */
type LossCurve = ReadonlyMap<number, number>;

function lossCurves({ runs }: Group, files: readonly CurveFile[]): ReadonlyMap<number, LossCurve> {
  const found = runs.map(({ record }) => {
    const curves = files
      .filter(({ kind }) => kind === 'sensitivity')
      .map(({ points, runOf }): LossCurve => {
        const own = points.filter(({ split, checkpoints: [checkpoint] }) => {
          const run = runOf(checkpoint!);
          return split === 'train' && run !== null && runText(run) === runText(record);
        });
        return new Map(own.map(({ x, loss }) => [x, loss]));
      });
    return [record.seed, curves.find((curve) => curve.has(0))] as const;
  });
  return new Map(found.filter((one): one is readonly [number, LossCurve] => one[1] !== undefined));
}
