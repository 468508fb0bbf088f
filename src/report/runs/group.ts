import { groupBy } from '../group-by.js';
import type { NamedConvention } from '../sharpness-record.js';
import { type BySeed, type Estimate, estimate } from '../statistics/interval.js';
import { isCompleted, measurementOf, type Run } from './run.js';

/** Runs that differ by their seed alone: the same experiment, method, settings and data. */
export interface Group {
  readonly experiment: string;
  /** The method's label, which is its name unless the config gives it another. */
  readonly method: string;
  /** The completed ones, by seed; never empty. */
  readonly runs: readonly Run[];
  /** How many more ended otherwise or are not at their end: a mean over the others is to be read with this in mind. */
  readonly unfinished: readonly Run[];
}

/** Which of a run's two accuracies: at the epoch that was best on the validation set, as in the paper, or at the last. */
export type Epoch = 'best' | 'last';

export interface Grouping {
  readonly groups: readonly Group[];
  /** Runs that are not completed, those of no group included. */
  readonly unfinished: readonly Run[];
}

/** Groups by everything but the seed. Device, engine and commit may differ within a group: they are no settings. */
export function groupRuns(runs: readonly Run[]): Grouping {
  const same = ({ record }: Run): string =>
    JSON.stringify([record.experiment, record.method, record.configHash, record.data.synthetic, record.data.digests]);
  const groups = [...groupBy(runs, same).values()].map((members): Group => {
    const { experiment, method } = members[0]!.record;
    const bySeed = [...members].sort((a, b) => a.record.seed - b.record.seed);
    return {
      experiment,
      method,
      runs: bySeed.filter(isCompleted),
      unfinished: bySeed.filter((run) => !isCompleted(run)),
    };
  });
  return {
    groups: groups.filter((group) => group.runs.length > 0),
    unfinished: runs.filter((run) => !isCompleted(run)),
  };
}

export const nameOf = ({ experiment, method }: Group): string => `${experiment}/${method}`;

/** Accuracy in percent, by seed. */
export function accuracies({ runs }: Group, epoch: Epoch = 'best'): BySeed {
  return new Map(
    runs.map(({ record }) => [record.seed, epoch === 'best' ? record.bestAccuracy! : record.finalAccuracy!]),
  );
}

/** The mean accuracy over seeds, percent. */
export function meanAccuracy(group: Group, epoch: Epoch = 'best'): Estimate {
  return estimate([...accuracies(group, epoch).values()])!;
}

/** The mean over seeds of each checkpoint's sharpness (itself the maximum of its repeats); n says how many were measured. */
export function sharpness({ runs }: Group, convention: NamedConvention): Estimate | null {
  return estimate(runs.flatMap((run) => measurementOf(run, convention)?.value ?? []));
}

/** The seeds as a command takes them: "1-5", "1,3,7-9". */
export function seedList({ runs }: Group): string {
  const seeds = runs.map(({ record }) => record.seed);
  const parts: string[] = [];
  for (let start = 0; start < seeds.length; ) {
    let end = start;
    while (seeds[end + 1] === seeds[end]! + 1) end++;
    parts.push(end > start + 1 ? `${seeds[start]}-${seeds[end]}` : seeds.slice(start, end + 1).join(','));
    start = end + 1;
  }
  return parts.join(',');
}
