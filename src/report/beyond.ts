/** The table "beyond the paper": experiments with methods that the paper does not have, each beside its own baseline. */
import { isTuningTrial } from '../config/tuned.js';
import { type Difference, difference, type Estimate, estimate, groupBy } from '../support/statistics.js';
import { accuracies, averageAccuracies, type Group, resultOf } from './groups.js';
import { PAPER_METHODS } from './paper.js';
import { generalisationGap } from './runs.js';

export interface BeyondRow {
  readonly group: Group;
  /** Best accuracy of the average of the parameters, percent; null where the runs keep none. */
  readonly average: Estimate | null;
  /** This − the experiment's baseline, percentage points: of the average where there is one. Null for the baseline itself. */
  readonly improvement: Difference | null;
  /** Training − validation accuracy at the best epoch, percentage points. */
  readonly gap: Estimate | null;
  /** Gradients of a batch that a run takes, and how long it takes: means over the seeds. */
  readonly gradientEvaluations: Estimate | null;
  readonly seconds: Estimate;
}

/** The groups of every experiment that has a group beyond the paper, in the order of their experiments; no trials of `tune`. */
export function beyondRows(groups: readonly Group[]): BeyondRow[] {
  const chosen = groups.filter(({ settings }) => !isTuningTrial(settings));
  return [...groupBy(chosen, ({ experiment }) => experiment).values()]
    .filter((members) => members.some(isBeyond))
    .flatMap((members) => {
      const baseline = members.find(({ method }) => method === 'baseline') ?? null;
      return members.map((group) => rowOf(group, baseline));
    });
}

/** Whether the group trains by a method, an average, an optimizer or a budget that the paper does not have. */
function isBeyond({ settings: { method, average, optimizer, budget } }: Group): boolean {
  const known = [...PAPER_METHODS, 'smoothout-deterministic'].some((name) => name === method.name);
  return !known || average !== null || budget !== null || optimizer.name === 'lars';
}

function rowOf(group: Group, baseline: Group | null): BeyondRow {
  const averages = averageAccuracies(group);
  return {
    group,
    average: averages && estimate([...averages.values()]),
    improvement: baseline === null || baseline === group ? null : difference(resultOf(group), accuracies(baseline)),
    gap: estimate(group.runs.flatMap((run) => generalisationGap(run) ?? [])),
    gradientEvaluations: estimate(group.runs.flatMap(({ record }) => record.gradientEvaluations ?? [])),
    seconds: estimate(group.runs.map(({ record }) => record.seconds))!,
  };
}
