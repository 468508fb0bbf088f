/** Groups of runs side by side: what their settings differ in, their results, and their curves in one figure. */
import { basename, dirname, join, resolve } from 'node:path';
import { type FoundRun, findRuns } from '../records/find-runs.js';
import { SmoothOutError } from '../support/errors.js';
import { type Difference, type Estimate, estimate, groupBy, sharedDifference } from '../support/statistics.js';
import { numbered, renderSvg } from './figures/drawing.js';
import { type NamedGroup, trainingCurvesFigure } from './figures/training-curves.js';
import { groupRuns, resultOf } from './groups.js';
import { loadRuns, type Problem } from './runs.js';
import { type DifferingSetting, differingSettings } from './settings-difference.js';

/** Its name is EXPERIMENT/METHOD, with the folder where runs of several folders are compared. */
export interface ComparedGroup extends NamedGroup {
  /** Accuracy in percent, of the average of the parameters where the runs keep one. */
  readonly best: Estimate;
  readonly last: Estimate;
  /** Percentage points above the first group; null for the first itself. */
  readonly bestDifference: Difference | null;
  readonly lastDifference: Difference | null;
}

export interface ComparedRuns {
  readonly groups: readonly ComparedGroup[];
  readonly settings: readonly DifferingSetting[];
  /** The training curves overlaid, as SVG; null where no run has metrics. */
  readonly svg: string | null;
  readonly problems: readonly Problem[];
}

/**
 * Compares the completed runs that are named, in groups of what differs by the seed alone; the first is what the others are
 * measured against: of what is named first the baseline, where there is one.
 *
 * @param what folders, experiments or patterns, as `findRuns` takes them.
 * @throws SmoothOutError USAGE: there is no such run, or none that is completed.
 */
export async function compareRuns(what: readonly string[], results: string): Promise<ComparedRuns> {
  const { groups, problems } = await loadGroups(what, results);
  const [first] = groups;
  if (first === undefined) {
    const why = problems.map((problem) => `\n${problem.where}: ${problem.what}`).join('');
    throw new SmoothOutError('USAGE', `no run of ${what.join(', ')} is completed${why}`, {
      hint: 'smoothout status lists them.',
    });
  }
  const compared = groups.map(({ name, group }): ComparedGroup => {
    const over = (epoch: 'best' | 'last') =>
      group === first.group ? null : sharedDifference(resultOf(group, epoch), resultOf(first.group, epoch));
    const mean = (epoch: 'best' | 'last') => estimate([...resultOf(group, epoch).values()])!;
    const means = { best: mean('best'), last: mean('last') };
    return { name, group, ...means, bestDifference: over('best'), lastDifference: over('last') };
  });
  const figure = trainingCurvesFigure(groups, what.join(', '), '');
  return {
    groups: compared,
    settings: differingSettings(groups.map(({ group }) => group.settings)),
    svg: figure && (await renderSvg(figure)),
    problems,
  };
}

/** Of the runs that one name stands for, those of the first baseline first. */
function baselineFirst(runs: readonly FoundRun[]): FoundRun[] {
  const methods = groupBy(runs, ({ folder }) => dirname(folder));
  const baseline = [...methods.keys()].find((folder) => basename(folder) === 'baseline') ?? '';
  return [...(methods.get(baseline) ?? []), ...runs.filter(({ folder }) => dirname(folder) !== baseline)];
}

/** In the order in which they are named, each run once. */
async function loadGroups(what: readonly string[], results: string) {
  const found: FoundRun[] = [];
  for (const each of what) found.push(...baselineFirst(await findRuns(each, results)));
  const problems: Problem[] = [];
  const groups: NamedGroup[] = [];
  // One experiment and method may have runs of several settings or data.
  const seen = new Map<string, number>();
  const roots = groupBy(found, ({ root }) => resolve(root));
  for (const runs of roots.values()) {
    const { root } = runs[0];
    const loaded = await loadRuns(root, [...new Set(runs.map(({ name }) => name))]);
    problems.push(...loaded.problems);
    for (const group of groupRuns(loaded.runs)) {
      const name = roots.size === 1 ? group.name : join(root, group.name);
      groups.push({ name: numbered(seen, name, (count) => `${name} (${count})`), group });
    }
  }
  return { groups, problems };
}
