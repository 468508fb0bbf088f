/** What the runs do otherwise than the paper, each with the runs that do it. */
import { groupBy } from '../../support/statistics.js';
import { RULES } from '../deviation-rules.js';
import type { Group } from '../groups.js';
import { html } from '../page/html.js';
import { type Column, type Table, table } from './table.js';

type Row = Readonly<Record<'deviation' | 'paper' | 'here' | 'runs', string>>;

const COLUMNS: readonly Column<Row>[] = [
  { csv: 'deviation', title: 'What', value: ({ deviation }) => deviation },
  { csv: 'paper', title: 'The paper', wrap: true, value: ({ paper }) => paper },
  { csv: 'here', title: 'Here', wrap: true, value: ({ here }) => here },
  { csv: 'runs', title: 'Runs', wrap: true, value: ({ runs }) => runs },
];

export function deviationsTable(groups: readonly Group[]): Table {
  const explanation = html`What the runs do otherwise than the paper's text, and what they had to choose because the text does not say
it. Trials of <code>smoothout tune</code> are left out.`;
  return table({
    ...{ name: 'deviations', title: 'Deviations from the paper', link: 'Deviations', explanation, file: 'always' },
    ...{ columns: COLUMNS, rows: rowsOf(groups) },
  });
}

/** Every deviation once, with the groups of runs that have it. */
function rowsOf(groups: readonly Group[]): Row[] {
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
