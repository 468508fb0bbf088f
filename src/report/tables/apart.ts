/** The groups of runs that stand in none of the paper's tables, and why. */
import type { Group } from '../groups.js';
import { html } from '../page/html.js';
import { accuracyColumns, groupColumns, marksOf, sharpnessColumns } from './columns.js';
import { type Column, type Table, table } from './table.js';

const own = (group: Group): Group => group;

const COLUMNS: readonly Column<Group>[] = [
  ...groupColumns(own),
  { title: 'Epochs', numeric: true, value: ({ settings }) => settings.epochs },
  ...accuracyColumns(own),
  ...sharpnessColumns('sharpness', 'Sharpness', own),
  {
    ...{ title: 'Why it is no row of the paper', wrap: true },
    cell(group) {
      const { deviations, notes } = group.standing;
      const reasons = deviations.length > 0 ? deviations : ['passed over for the group in the table'];
      return { content: marksOf(group, [...reasons, ...notes]), sort: reasons.join() };
    },
  },
];

/** On the page alone: runs.csv has these runs one by one. */
export function apartTable(apart: readonly Group[]): Table {
  const explanation = html`Shorter than the paper's epochs, on generated data, on a part of the data or with other settings: never to be read as
rows of the tables above.`;
  const title = 'Other runs';
  return table({ name: 'apart', title, link: title, explanation, file: 'never', columns: COLUMNS, rows: apart });
}
