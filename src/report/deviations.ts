/** deviations.csv: what the runs do otherwise than the paper, each with the runs that do it. */
import { isTuningTrial } from '../config/tuned.js';
import { groupBy } from '../support/statistics.js';
import { RULES } from './deviation-rules.js';
import type { Group } from './groups.js';

/** A line of deviations.csv, and of the page's table. */
export type DeviationRow = Readonly<Record<'deviation' | 'paper' | 'here' | 'runs', string>>;

/** Every deviation once, with the groups of runs that have it; trials of `tune` are no results and left out. */
export function deviationRows(all: readonly Group[]): DeviationRow[] {
  const groups = all.filter(({ settings }) => !isTuningTrial(settings));
  return RULES.flatMap(({ deviation, paper, here }) => {
    const found = groups.flatMap((group) => {
      const subject = { ...group, ...group.standing };
      const own = here(subject);
      if (own === null || own === false) return [];
      return { name: group.name, paper: typeof paper === 'string' ? paper : paper(subject), here: own };
    });
    return [...groupBy(found, ({ paper, here }) => JSON.stringify([paper, here])).values()].map((alike) => {
      const { paper, here } = alike[0];
      return { deviation, paper, here, runs: alike.map(({ name }) => name).join('; ') };
    });
  });
}
