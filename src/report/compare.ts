/** Groups of runs side by side: what their settings differ in, their results, and their curves in one figure. */
import { join, resolve } from 'node:path';
import { type FoundRun, findRuns } from '../records/find-runs.js';
import { SmoothOutError } from '../support/errors.js';
import { type Difference, type Estimate, groupBy, sharedDifference } from '../support/statistics.js';
import { renderSvg } from './figures/drawing.js';
import { type NamedGroup, numbered, trainingCurvesFigure } from './figures/training-curves.js';
import { accuracies, groupRuns, meanAccuracy } from './groups.js';
import { loadRuns, type Problem } from './runs.js';
import { type DifferingSetting, differingSettings } from './settings-difference.js';

/** Its name is EXPERIMENT/METHOD, with the folder where runs of several folders are compared. */
export interface ComparedGroup extends NamedGroup {
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
 * measured against.
 *
 * @param what folders, experiments or patterns, as `findRuns` takes them.
 * @throws SmoothOutError USAGE: there is no such run, or none that is completed.
 */
export async function compareRuns(what: readonly string[], results: string): Promise<ComparedRuns> {
  const { groups, problems } = await loadGroups(what, results);
  const [first] = groups;
  if (first === undefined) {
    throw new SmoothOutError('USAGE', `no run of ${what.join(', ')} is completed`, {
      hint: 'smoothout status lists them.',
    });
  }
  const compared = groups.map(({ name, group }): ComparedGroup => {
    const over = (epoch: 'best' | 'last') =>
      group === first.group ? null : sharedDifference(accuracies(group, epoch), accuracies(first.group, epoch));
    const [best, last] = [meanAccuracy(group), meanAccuracy(group, 'last')];
    return { name, group, best, last, bestDifference: over('best'), lastDifference: over('last') };
  });
  const figure = trainingCurvesFigure(groups, what.join(', '), '');
  return {
    groups: compared,
    settings: differingSettings(groups.map(({ group }) => group.settings)),
    svg: figure && (await renderSvg(figure)),
    problems,
  };
}

/** In the order in which they are named, each run once. */
async function loadGroups(what: readonly string[], results: string) {
  const found: FoundRun[] = [];
  for (const each of what) found.push(...(await findRuns(each, results)));
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
