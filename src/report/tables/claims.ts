/** The page's first table, and claims.csv: the paper's claims, and what the runs say of each. */
import type { NamedConvention } from '../../records/sharpness-conventions.js';
import type { Difference } from '../../support/statistics.js';
import { type Group, seedList } from '../groups.js';
import { CONVENTION_TITLES } from '../measures.js';
import { html } from '../page/html.js';
import { reasonFor, type Verdict } from '../verdicts.js';
import { decimal, differenceCell, estimateColumns, networkColumns, runsCell, sharpnessCell } from './columns.js';
import { type Cell, type Column, type Table, table } from './table.js';

export function claimsTable(claims: readonly Verdict[]): Table {
  const run = claims.filter(({ word }) => word !== 'not run');
  const explanation = html`The effect is in the direction of the claim: above zero is as the paper says. Reproduced and contradicted mean that its 95 %
interval leaves out zero; undecided, that it does not. Each is judged by itself: of twenty differences that are none, one interval
would leave out zero by chance. Accuracy is that of the best epoch, as in the paper; the paper's sharpness is that of the authors'
code and stands beside that convention alone. ${claims.length - run.length} of ${claims.length} claims have no runs yet: claims.csv has all.`;
  return table({
    ...{ name: 'claims', title: 'The paper’s claims and their verdicts', link: 'Claims', explanation, file: 'always' },
    ...{ columns: COLUMNS, rows: claims, shown: run },
  });
}

const side = (group: Group | null): string => (group === null ? '' : `${group.name} ${seedList(group)}`);

const COLUMNS: readonly Column<Verdict>[] = [
  { csv: 'claim', title: 'Claim', wrap: true, value: ({ statement }) => statement },
  { csv: 'table', title: 'In', value: ({ table }) => table },
  ...networkColumns(({ row }: Verdict) => row),
  {
    ...{ csv: 'preset', title: 'Settings', value: ({ preset }) => preset },
    cell: ({ preset }) => (preset === 'paper' ? 'the paper’s' : 'the authors’'),
  },
  {
    ...{ csv: 'quantity', title: 'Measured in', value: (claim) => quantityText(claim, (name) => name) },
    cell: (claim) => quantityText(claim, (name) => CONVENTION_TITLES[name].sentence),
  },
  { csv: 'verdict', title: 'Verdict', value: ({ word }) => word },
  ...estimateColumns({ csv: 'effect', title: 'Effect' }, ({ effect }: Verdict) => effect, effectCell),
  { csv: 'paired', value: ({ effect }) => effect && (effect.paired ? 'yes' : 'no') },
  { csv: 'paper_effect', value: ({ published }) => decimal(published) },
  { title: 'Paper', numeric: true, paper: true, value: ({ published }) => published?.toFixed(2) },
  { csv: 'seeds_needed', value: ({ seedsNeeded }) => seedsNeeded },
  { csv: 'reason', title: 'Why', wrap: true, value: reasonFor },
  { title: 'Runs', cell: ({ more, less }) => runsCell([more, less]) },
  { csv: 'more', value: ({ more }) => side(more) },
  { csv: 'less', value: ({ less }) => side(less) },
];

function quantityText({ quantity }: Verdict, convention: (name: NamedConvention) => string): string {
  if (quantity === 'accuracy') return quantity;
  return quantity === 'rise' ? 'loss under noise' : `sharpness, ${convention(quantity)}`;
}

function effectCell(effect: Difference, { quantity }: Verdict): Cell | null {
  return quantity === 'accuracy' ? differenceCell(effect) : sharpnessCell(effect);
}
