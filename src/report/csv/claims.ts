/** claims.csv: each claim of the paper with its verdict. */
import { type Group, seedList } from '../groups.js';
import { reasonFor, type Verdict } from '../verdicts.js';
import { type CsvRow, decimal, differenceColumns, named } from './cells.js';

const QUANTITIES: Readonly<Record<Verdict['quantity'], string>> = {
  accuracy: 'accuracy',
  rise: 'loss under noise',
  defined: 'sharpness, defined',
  keskar: 'sharpness, keskar',
  reference: 'sharpness, reference',
};

/** `effect` is in the direction of the claim: above 0 is as the paper says. */
export function claimCsv(claim: Verdict): CsvRow {
  const { statement, table, row, preset, quantity, word, effect, published, seedsNeeded, more, less } = claim;
  const runsOf = (group: Group | null) => (group === null ? '' : `${group.name} ${seedList(group)}`);
  return {
    claim: statement,
    table,
    ...named(row),
    preset,
    quantity: QUANTITIES[quantity],
    verdict: word,
    ...differenceColumns('effect', effect),
    paired: effect === null ? '' : effect.paired ? 'yes' : 'no',
    paper_effect: decimal(published),
    seeds_needed: seedsNeeded ?? '',
    reason: reasonFor(claim),
    more: runsOf(more),
    less: runsOf(less),
  };
}
