/** The paper's claims as data, and what the runs at hand say of each: claims.csv and the page's first table. */
import { CONVENTION_NAMES, type NamedConvention } from '../records/sharpness-conventions.js';
import { type BySeed, type Difference, difference } from '../support/statistics.js';
import { studentQuantile } from '../support/student-t.js';
import { accuracies, type Group } from './groups.js';
import { PAPER_ROWS, type PaperMethod, type PaperRow, paperRow } from './paper.js';
import { measurementOf } from './runs.js';

/** A cell of the paper's tables. */
interface Cell {
  readonly row: PaperRow;
  readonly method: PaperMethod;
}

/** What a claim is about: accuracy in percent, or sharpness in one of the conventions. */
type Quantity = 'accuracy' | NamedConvention;

/** `more` has more of the quantity than `less`. */
interface Claimed {
  readonly statement: string;
  readonly table: string;
  readonly quantity: 'accuracy' | 'sharpness';
  readonly more: Cell;
  readonly less: Cell;
}

const cell = (row: PaperRow, method: PaperMethod = 'baseline'): Cell => ({ row, method });

/** AlexNet has a large batch with ghost batches alone. */
const LARGE = PAPER_ROWS.filter(({ id }) => id.endsWith('-lb') || id === 'alexnet-lb-gbn');
const smallOf = ({ id }: PaperRow) => paperRow(id.replace(/-lb(-gbn)?$/, '-sb'));
const reports = (row: PaperRow, method: PaperMethod) => row.results[method] !== undefined;

/** In the order in which the paper makes them. */
const CLAIMS: readonly Claimed[] = [
  ...LARGE.map((row): Claimed => {
    const statement = 'A large batch reaches a lower accuracy than a small one.';
    return { statement, table: 'Table 1', quantity: 'accuracy', more: cell(smallOf(row)), less: cell(row) };
  }),
  ...LARGE.map((row): Claimed => {
    const statement = 'A large batch leads to a sharper minimum than a small one.';
    return { statement, table: 'Table 1', quantity: 'sharpness', more: cell(row), less: cell(smallOf(row)) };
  }),
  ...PAPER_ROWS.filter((row) => reports(row, 'smoothout')).flatMap((row): Claimed[] => {
    const table = row.gapFrom === undefined ? 'Table 2' : 'Table 3';
    const batch = row.id.endsWith('-sb') ? 'small' : 'large';
    const [plain, smooth] = [cell(row), cell(row, 'smoothout')];
    return [
      {
        statement: `SmoothOut raises the accuracy at a ${batch} batch.`,
        table,
        quantity: 'accuracy',
        more: smooth,
        less: plain,
      },
      {
        statement: `SmoothOut finds a flatter minimum at a ${batch} batch.`,
        table,
        quantity: 'sharpness',
        more: plain,
        less: smooth,
      },
    ];
  }),
  ...PAPER_ROWS.filter((row) => reports(row, 'adasmoothout')).flatMap((row): Claimed[] => {
    const ada = cell(row, 'adasmoothout');
    const rival = cell(row, reports(row, 'smoothout') ? 'smoothout' : 'baseline');
    const over = rival.method === 'smoothout' ? 'SmoothOut' : 'the baseline';
    const table = 'Table 3';
    return [
      { statement: `AdaSmoothOut gains more than ${over}.`, table, quantity: 'accuracy', more: ada, less: rival },
    ];
  }),
  {
    statement: 'AdaSmoothOut closes the gap to the small batch.',
    table: 'Table 3',
    quantity: 'accuracy',
    more: cell(paperRow('resnet44-cifar100-lb-gbn'), 'adasmoothout'),
    less: cell(paperRow('resnet44-cifar100-sb')),
  },
];

export type Word = 'reproduced' | 'contradicted' | 'undecided' | 'not run';

export interface Verdict {
  readonly statement: string;
  readonly table: string;
  /** The network and data set. */
  readonly row: PaperRow;
  readonly preset: 'paper' | 'reference';
  readonly quantity: Quantity;
  readonly word: Word;
  /** In the direction of the claim: above 0 is as the paper says. Null where a side has no runs. */
  readonly effect: Difference | null;
  /** The paper's own effect: single runs, so without an interval. */
  readonly published: number;
  /** Of an undecided claim: the seeds a side that would show an effect as large as the paper's; null beyond a thousand. */
  readonly seedsNeeded: number | null;
  /** Whether the interval leaves out an effect as large as the paper's. */
  readonly excludesPublished: boolean;
  readonly more: Group | null;
  readonly less: Group | null;
}

/** Every claim with the paper's settings, and with the authors' where there are runs with them. */
export function verdicts(groups: readonly Group[]): Verdict[] {
  return (['paper', 'reference'] as const).flatMap((preset) =>
    CLAIMS.flatMap((claim) => {
      const quantities: readonly Quantity[] = claim.quantity === 'accuracy' ? ['accuracy'] : CONVENTION_NAMES;
      const [more, less] = [claim.more, claim.less].map((each) => groupOf(groups, each, preset));
      if (preset === 'reference' && !more && !less) return [];
      return quantities.map((quantity) => verdict(claim, quantity, preset, more ?? null, less ?? null));
    }),
  );
}

/** The runs of a cell with this preset; of several groups the one of the most seeds. */
function groupOf(groups: readonly Group[], { row, method }: Cell, preset: string): Group | undefined {
  const own = groups.filter(
    ({ claim, settings }) =>
      claim.row === row && claim.method === method && claim.deviations.length === 0 && settings.preset === preset,
  );
  return own.toSorted((a, b) => b.runs.length - a.runs.length)[0];
}

function verdict(
  { statement, table, more: moreCell, less: lessCell }: Claimed,
  quantity: Quantity,
  preset: Verdict['preset'],
  more: Group | null,
  less: Group | null,
): Verdict {
  const effect = more && less && difference(bySeed(more, quantity), bySeed(less, quantity));
  const reported = ({ row, method }: Cell) => row.results[method]![quantity === 'accuracy' ? 'accuracy' : 'sharpness'];
  const published = reported(moreCell) - reported(lessCell);
  const word = wordFor(effect);
  return {
    ...{ statement, table, row: lessCell.row, preset, quantity, word, effect, published, more, less },
    seedsNeeded: word === 'undecided' && effect?.ci95 != null ? seedsFor(effect, Math.abs(published)) : null,
    excludesPublished: effect?.ci95 != null && Math.abs(effect.mean - published) > effect.ci95,
  };
}

function bySeed(group: Group, quantity: Quantity): BySeed {
  if (quantity === 'accuracy') return accuracies(group);
  return new Map(
    group.runs.flatMap((run) => {
      const measured = measurementOf(run, quantity);
      return measured === undefined ? [] : [[run.record.seed, measured.value] as const];
    }),
  );
}

function wordFor(effect: Difference | null): Word {
  if (effect === null) return 'not run';
  if (effect.ci95 === null || Math.abs(effect.mean) <= effect.ci95) return 'undecided';
  return effect.mean > 0 ? 'reproduced' : 'contradicted';
}

const MOST_SEEDS = 1000;

/** The least n with t(0.975, n − 1)·s/√n ≤ size, for the standard deviation s that the effect's interval has. */
function seedsFor({ ci95, n }: Difference, size: number): number | null {
  const deviation = (ci95! * Math.sqrt(n)) / studentQuantile(0.95, n - 1);
  for (let seeds = 2; seeds <= MOST_SEEDS; seeds++) {
    if ((studentQuantile(0.95, seeds - 1) * deviation) / Math.sqrt(seeds) <= size) return seeds;
  }
  return null;
}

/** What the verdict rests on, in a sentence; empty for a claim that is not run. */
export function reasonFor({ word, effect, seedsNeeded, excludesPublished, published }: Verdict): string {
  if (effect === null) return '';
  if (effect.ci95 === null) return 'one seed a side has no interval';
  const seen = word === 'undecided' ? `these seeds could have shown ${Number(effect.ci95.toPrecision(2))}` : '';
  const needed = seedsNeeded === null ? '' : `${seedsNeeded} seeds would show an effect of the paper’s size`;
  const size = excludesPublished ? `the paper’s ${published.toFixed(2)} is outside the interval` : '';
  return [seen, size || needed].filter(Boolean).join('; ');
}
