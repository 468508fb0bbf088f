import type { ClaimingGroup } from '../paper/cells.js';
import type { Results } from '../results.js';
import { accuracies, type Epoch, nameOf } from '../runs/group.js';
import { type Difference, difference } from '../statistics/interval.js';
import { settingsDifference } from './settings-difference.js';

/** One cell of the paper's tables, or one other group, in two folders of results. */
export interface ComparedPair {
  readonly left: ClaimingGroup | null;
  readonly right: ClaimingGroup | null;
  /** What the settings of the two differ in; empty for a repetition. */
  readonly settings: readonly string[];
  /** right − left, percentage points; null where a side is missing. */
  readonly difference: Readonly<Record<Epoch, Difference | null>>;
}

export interface Comparison {
  /** The two folders, as they were given. */
  readonly names: readonly [left: string, right: string];
  readonly pairs: readonly ComparedPair[];
}

/**
 * Puts two folders of results side by side: cell by cell where runs stand in the paper's tables, and by the name of
 * experiment and method for all others. A name that several groups of one folder share cannot be matched and is left out.
 */
export function compareResults(names: readonly [string, string], left: Results, right: Results): Comparison {
  const sides = [keyed(left), keyed(right)] as const;
  const keys = [...new Set([...sides[0].keys(), ...sides[1].keys()])];
  const pairs = keys.map((key): ComparedPair => {
    const [a, b] = sides.map((side) => side.get(key) ?? null) as [ClaimingGroup | null, ClaimingGroup | null];
    const of = (epoch: Epoch): Difference | null =>
      a === null || b === null ? null : difference(accuracies(b.group, epoch), accuracies(a.group, epoch));
    const settings =
      a === null || b === null ? [] : settingsDifference(a.group.runs[0]!.settings, b.group.runs[0]!.settings);
    return { left: a, right: b, settings, difference: { best: of('best'), last: of('last') } };
  });
  return { names, pairs };
}

function keyed(results: Results): Map<string, ClaimingGroup> {
  const entries = new Map<string, ClaimingGroup>();
  for (const cell of results.cells.placed) entries.set(`row ${cell.claim.row!.id}/${cell.claim.method}`, cell);
  const names = results.cells.apart.map(({ group }) => nameOf(group));
  for (const cell of results.cells.apart) {
    const name = nameOf(cell.group);
    if (names.filter((other) => other === name).length === 1) entries.set(name, cell);
  }
  return entries;
}
