/** The granulated coefficient of Jiang et al. (Fantastic generalization measures, ICLR 2020): pairs that differ in one setting. */
import type { RunSpec } from '../config/schema.js';
import { at } from '../support/at.js';
import { groupBy, meanOf } from '../support/statistics.js';

/** Names and counts of no influence on the result, and the seed, which is no hyper-parameter. */
const NO_SETTINGS: readonly string[] = ['experiment', 'seed', 'configHash', 'tuning', 'modules'];

/** Settings by name: a method with its strength is one, and so is an optimizer with its rates. */
function settingsOf(spec: RunSpec): Map<string, string> {
  const { method, ...rest } = spec;
  const { label: _, ...own } = method;
  return new Map(
    Object.entries({ ...rest, method: own }).flatMap(([name, value]) =>
      NO_SETTINGS.includes(name) ? [] : [[name, JSON.stringify(value)]],
    ),
  );
}

/** Two runs, by their places, that differ in one setting alone (and perhaps the seed). */
type Pair = readonly [number, number];

/** The pairs of each setting that varies, in groups that have all other settings in common. */
export type Granules = ReadonlyMap<string, readonly (readonly Pair[])[]>;

export function granulesOf(specs: readonly RunSpec[]): Granules {
  const settings = specs.map(settingsOf);
  const names = [...new Set(settings.flatMap((each) => [...each.keys()]))];
  const settingOf = (run: number, name: string): string | undefined => at(settings, run).get(name);
  const runs = specs.map((_, run) => run);
  const varying = names.filter((name) => new Set(runs.map((run) => settingOf(run, name))).size > 1);
  return new Map(
    varying.flatMap((name) => {
      const others = varying.filter((other) => other !== name);
      const alike = groupBy(runs, (run) => JSON.stringify(others.map((other) => settingOf(run, other) ?? null)));
      const groups = [...alike.values()]
        .map((group) =>
          group.flatMap((i) =>
            group.flatMap((j): Pair[] => (i < j && settingOf(i, name) !== settingOf(j, name) ? [[i, j]] : [])),
          ),
        )
        .filter((pairs) => pairs.length > 0);
      return groups.length === 0 ? [] : [[name, groups] as const];
    }),
  );
}

/**
 * ψ of each setting: the mean over its groups of the mean over pairs of sign Δx · sign Δy. `counts` says how often each run
 * is there, as in a bootstrap sample; settings without a pair in it are left out.
 */
export function granulatedBySetting(
  granules: Granules,
  x: readonly number[],
  y: readonly number[],
  counts: ArrayLike<number>,
): ReadonlyMap<string, number> {
  const ofGroup = (pairs: readonly Pair[]): number[] => {
    let [balance, weight] = [0, 0];
    for (const [i, j] of pairs) {
      const times = counts[i]! * counts[j]!;
      balance += times * Math.sign(x[i]! - x[j]!) * Math.sign(y[i]! - y[j]!);
      weight += times;
    }
    return weight === 0 ? [] : [balance / weight];
  };
  return new Map(
    [...granules].flatMap(([name, groups]) => {
      const values = groups.flatMap(ofGroup);
      return values.length === 0 ? [] : [[name, meanOf(values)] as const];
    }),
  );
}

/** Ψ: the mean of ψ over the settings; null where no two runs differ in one setting alone. */
export function granulated(bySetting: ReadonlyMap<string, number>): number | null {
  return bySetting.size === 0 ? null : meanOf([...bySetting.values()]);
}
