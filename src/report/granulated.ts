/** The granulated coefficient of Jiang et al. (Fantastic generalization measures, ICLR 2020): pairs that differ in one setting. */
import type { RunSpec } from '../config/schema.js';
import { at } from '../support/at.js';
import { groupBy, meanOf } from '../support/statistics.js';
import { differingSettings } from './settings-difference.js';

/** Runs, by their places, that have all settings but one in common, each with its value of that one. */
type Granule = readonly { readonly run: number; readonly value: string }[];

/** Of each setting that varies. */
type Granules = ReadonlyMap<string, readonly Granule[]>;

export function granulesOf(specs: readonly RunSpec[]): Granules {
  // The digests of a user's own files change with a comment in them.
  const varying = differingSettings(specs, 1).filter(({ path }) => path !== 'modules');
  return new Map(
    varying.flatMap(({ path, values }) => {
      const others = varying.filter((other) => other.path !== path);
      const alike = groupBy(specs.keys(), (run) => JSON.stringify(others.map((other) => at(other.values, run))));
      const granules = [...alike.values()]
        .map((runs): Granule => runs.map((run) => ({ run, value: at(values, run) })))
        .filter((granule) => new Set(granule.map(({ value }) => value)).size > 1);
      return granules.length === 0 ? [] : [[path, granules] as const];
    }),
  );
}

/**
 * ψ of each setting: the mean over its granules of the mean of sign Δx · sign Δy over the pairs of runs that differ in it.
 * `counts` says how often each run is there, as in a bootstrap sample; settings without a pair in it are left out.
 */
export function granulatedBySetting(
  granules: Granules,
  x: readonly number[],
  y: readonly number[],
  counts: ArrayLike<number>,
): ReadonlyMap<string, number> {
  const ofGranule = (granule: Granule): number[] => {
    const there = granule
      .map(({ run, value }) => ({ value, x: at(x, run), y: at(y, run), count: at(counts, run) }))
      .filter(({ count }) => count > 0);
    let [balance, weight] = [0, 0];
    for (const [i, one] of there.entries()) {
      for (let j = 0; j < i; j++) {
        const other = at(there, j);
        if (one.value === other.value) continue;
        const times = one.count * other.count;
        balance += times * Math.sign(one.x - other.x) * Math.sign(one.y - other.y);
        weight += times;
      }
    }
    return weight === 0 ? [] : [balance / weight];
  };
  return new Map(
    [...granules].flatMap(([name, ofName]) => {
      const values = ofName.flatMap(ofGranule);
      return values.length === 0 ? [] : [[name, meanOf(values)] as const];
    }),
  );
}

/** Ψ: the mean of ψ over the settings; null where no two runs differ in one setting alone. */
export function granulated(bySetting: ReadonlyMap<string, number>): number | null {
  return bySetting.size === 0 ? null : meanOf([...bySetting.values()]);
}
