/** Groups of runs that differ by their seed alone, and the cells of the paper's tables that they stand in. */
import type { RunSpec } from '../config/schema.js';
import type { NamedConvention } from '../records/sharpness-conventions.js';
import { type BySeed, type Difference, difference, type Estimate, estimate, groupBy } from '../support/statistics.js';
import { PAPER_METHODS, PAPER_ROWS, type PaperMethod, type PaperResult, type PaperRow, problemTitle } from './paper.js';
import { measurementOf, type Problem, type Run } from './runs.js';
import { type Standing, standingOf } from './standing.js';

/** A run with a best and a last epoch. */
export type CompletedRun = Run & {
  readonly record: { readonly [Key in 'bestEpoch' | 'bestAccuracy' | 'finalAccuracy']: number };
};

const isCompleted = (run: Run): run is CompletedRun => run.record.status === 'completed';

/** Runs that differ by their seed alone: the same experiment, method, settings and data. */
export interface Group {
  readonly experiment: string;
  /** The method's label, which is its name unless the config gives it another. */
  readonly method: string;
  /** EXPERIMENT/METHOD. */
  readonly name: string;
  readonly settings: RunSpec;
  /** On generated data. */
  readonly synthetic: boolean;
  /** The completed ones, by seed. */
  readonly runs: readonly [CompletedRun, ...CompletedRun[]];
  /** Those that ended otherwise or are not at their end: a mean over the others is to be read with this in mind. */
  readonly unfinished: readonly Run[];
  readonly standing: Standing;
}

/** Which of a run's two accuracies: at the epoch that was best on the validation set, as in the paper, or at the last. */
export type Epoch = 'best' | 'last';

/** Groups by everything but the seed. Device, engine and commit may differ within a group: they are no settings. */
export function groupRuns(runs: readonly Run[]): Group[] {
  const same = ({ record }: Run): string =>
    JSON.stringify([record.experiment, record.method, record.configHash, record.data.synthetic, record.data.digests]);
  return [...groupBy(runs, same).values()].flatMap((members): Group[] => {
    const bySeed = [...members].sort((a, b) => a.record.seed - b.record.seed);
    const [first, ...others] = bySeed.filter(isCompleted);
    if (first === undefined) return [];
    const { experiment, method, data } = first.record;
    return [
      {
        ...{ experiment, method, name: `${experiment}/${method}`, settings: first.settings, synthetic: data.synthetic },
        ...{ runs: [first, ...others], unfinished: bySeed.filter((run) => !isCompleted(run)) },
        standing: standingOf(first),
      },
    ];
  });
}

/** Accuracy in percent, by seed. */
export function accuracies({ runs }: Group, epoch: Epoch = 'best'): BySeed {
  return new Map(
    runs.map(({ record }) => [record.seed, epoch === 'best' ? record.bestAccuracy : record.finalAccuracy]),
  );
}

/** The same of the average of the parameters; null unless every run keeps one. */
export function averageAccuracies({ runs }: Group, epoch: Epoch = 'best'): BySeed | null {
  const found = runs.flatMap(({ record: { seed, averageBestAccuracy, averageFinalAccuracy } }) => {
    const accuracy = epoch === 'best' ? averageBestAccuracy : averageFinalAccuracy;
    return accuracy === undefined ? [] : [[seed, accuracy] as const];
  });
  return found.length === runs.length ? new Map(found) : null;
}

/** What a method comes to, by seed: the accuracy of its average where it keeps one, for that alone sets it apart. */
export function resultOf(group: Group, epoch: Epoch = 'best'): BySeed {
  return averageAccuracies(group, epoch) ?? accuracies(group, epoch);
}

/** What is said beside a result of that kind. */
export function averageRemark(group: Group): string[] {
  return averageAccuracies(group) === null ? [] : ['of the average'];
}

/** The mean accuracy over seeds, percent. */
export function meanAccuracy(group: Group, epoch: Epoch = 'best'): Estimate {
  return estimate([...accuracies(group, epoch).values()])!;
}

/** left − right, percentage points; null where a side is missing. */
export function accuracyDifference(left: Group | null, right: Group | null, epoch: Epoch = 'best'): Difference | null {
  return left && right && difference(accuracies(left, epoch), accuracies(right, epoch));
}

/** The sharpness of each checkpoint that was measured (itself the maximum of its repeats), by seed. */
export function sharpnesses({ runs }: Group, convention: NamedConvention): BySeed {
  const measured = runs.map((run) => [run.record.seed, measurementOf(run, convention)?.value] as const);
  return new Map(measured.filter((one): one is readonly [number, number] => one[1] !== undefined));
}

/** Their mean over seeds; n says how many were measured. */
export function sharpness(group: Group, convention: NamedConvention): Estimate | null {
  return estimate([...sharpnesses(group, convention).values()]);
}

/** The seeds as a command takes them: "1-5", "1,3,7-9". */
export function seedList({ runs }: Group): string {
  const seeds = runs.map(({ record }) => record.seed);
  const ranges: string[] = [];
  for (let start = 0; start < seeds.length; ) {
    let end = start;
    while (seeds[end + 1] === seeds[end]! + 1) end++;
    ranges.push(end > start + 1 ? `${seeds[start]}-${seeds[end]}` : seeds.slice(start, end + 1).join(','));
    start = end + 1;
  }
  return ranges.join(',');
}

/** "F1 on MNIST, batch 6000", with what sets it apart from the paper's rows. */
export function describeGroup({ settings, standing }: Group): string {
  return [problemTitle(settings), `batch ${settings.batchSize}`, ...standing.deviations].join(', ');
}

/** The paper's result for a group that stands as its row does. */
export function publishedOf({ standing: { row, method, deviations } }: Group): PaperResult | undefined {
  return deviations.length === 0 ? row?.results[method!] : undefined;
}

/** "seed 3 diverged" for each run that is in no mean. */
export function unfinishedSeeds({ unfinished }: Group): string[] {
  return unfinished.map(({ record }) => `seed ${record.seed} ${record.status}`);
}

/** Which runs stand in which cell of the paper's tables, and which stand apart. */
export interface Cells {
  /** The group in the cell, or null for an empty one. */
  at(row: PaperRow, method: PaperMethod): Group | null;
  /** Every group in a cell, in the order of the paper's tables. */
  readonly placed: readonly Group[];
  /** Every group in no cell: shorter, on generated data, of other settings, or passed over for another group. */
  readonly apart: readonly Group[];
  readonly problems: readonly Problem[];
}

/**
 * Gives each cell at most one group of runs.
 *
 * Groups of different settings are never averaged. Where several claim one cell, those with the fewest notes go first (so
 * `preset: paper` before `preset: reference`), then the experiment named as the row's own config; if that does not decide,
 * the cell stays empty. Whatever is decided is a problem to report, and those passed over are shown apart. Within a row a
 * preset is not mixed with the other: the baseline of one says nothing about the SmoothOut of the other.
 */
export function assignCells(groups: readonly Group[]): Cells {
  const winners: Group[] = [];
  const problems: Problem[] = [];
  const eligible = groups.filter(({ standing }) => standing.deviations.length === 0);
  for (const [row, candidates] of groupBy(eligible, ({ standing }) => standing.row!)) {
    const paper = candidates.filter(({ settings }) => settings.preset === 'paper');
    const ofOnePreset = paper.length > 0 ? paper : candidates;
    for (const [method, rivals] of groupBy(candidates, ({ standing }) => standing.method!)) {
      const winner = choose(
        rivals.filter((rival) => ofOnePreset.includes(rival)),
        row,
      );
      if (winner !== null) winners.push(winner);
      if (rivals.length > 1 || winner === null) problems.push(conflict(row, method, rivals, winner));
    }
  }
  const at = (row: PaperRow, method: PaperMethod): Group | null =>
    winners.find(({ standing }) => standing.row === row && standing.method === method) ?? null;
  const placed = PAPER_ROWS.flatMap((row) => PAPER_METHODS.flatMap((method) => at(row, method) ?? []));
  return { at, placed, apart: groups.filter((group) => !placed.includes(group)), problems };
}

/** Of several groups that claim one cell, that of the fewest notes, then that of the row's own config; null if neither decides. */
export function choose(rivals: readonly Group[], row: PaperRow): Group | null {
  const fewest = Math.min(...rivals.map(({ standing }) => standing.notes.length));
  const best = rivals.filter(({ standing }) => standing.notes.length === fewest);
  if (best.length <= 1) return best[0] ?? null;
  const own = best.filter(({ experiment }) => experiment === row.id);
  return own.length === 1 ? own[0]! : null;
}

function conflict(row: PaperRow, method: PaperMethod, rivals: readonly Group[], winner: Group | null): Problem {
  const names = rivals.map(({ name }) => name).join(' and ');
  const decision = winner === null ? 'the cell stays empty' : `the cell shows ${winner.name}, the others stand apart`;
  return {
    where: `${problemTitle(row)}, batch ${row.batchSize}, ${method}`,
    what:
      rivals.length === 1
        ? `${names} follows preset reference, and another run of this row preset paper; ${decision}`
        : `claimed by ${names}, whose settings differ; ${decision}`,
  };
}
