/** The paper's claims as data, and what the runs at hand say of each: claims.csv and the page's first table. */
import type { CurveFile } from '../records/curve-record.js';
import { CONVENTION_NAMES, type NamedConvention } from '../records/sharpness-conventions.js';
import { type Difference, difference } from '../support/statistics.js';
import { studentQuantile } from '../support/student-t.js';
import { rises } from './curves.js';
import { accuracies, choose, type Group, sharpnesses } from './groups.js';
import {
  cellOf,
  figureTitle,
  PAPER_FIGURES,
  PAPER_ROWS,
  type PaperCell,
  type PaperMethod,
  type PaperRow,
  paperRow,
} from './paper.js';

/** Accuracy in percent, what noise adds to the training loss (curves.ts), or sharpness in one of the conventions. */
type Quantity = 'accuracy' | 'rise' | NamedConvention;

/** `more` has more of the quantity than `less`. */
interface Claim {
  readonly statement: string;
  readonly table: string;
  readonly quantity: 'accuracy' | 'rise' | 'sharpness';
  readonly more: PaperCell;
  readonly less: PaperCell;
  /** How far above `less` it is claimed to be at least. */
  readonly threshold: number;
}

/** AlexNet has a large batch with ghost batches alone. */
const LARGE = PAPER_ROWS.filter(({ id }) => id.endsWith('-lb') || id === 'alexnet-lb-gbn');
const smallOf = ({ id }: PaperRow) => paperRow(id.replace(/-lb(-gbn)?$/, '-sb'));
const reports = (row: PaperRow, method: PaperMethod) => row.results[method] !== undefined;

/** What the paper leaves of the gap (Table 3): that no gap is left, no number of seeds could show. */
const GAP_LEFT = 0.17;

const claimed = (
  statement: string,
  table: string,
  quantity: Claim['quantity'],
  more: PaperCell,
  less: PaperCell,
  threshold = 0,
): Claim => ({ statement, table, quantity, more, less, threshold });

/** In the order in which the paper makes them. */
const ALL_CLAIMS: readonly Claim[] = [
  ...LARGE.map((row) => {
    const statement = 'A large batch reaches a lower accuracy than a small one.';
    return claimed(statement, 'Table 1', 'accuracy', cellOf(smallOf(row)), cellOf(row));
  }),
  ...LARGE.map((row) => {
    const statement = 'A large batch leads to a sharper minimum than a small one.';
    return claimed(statement, 'Table 1', 'sharpness', cellOf(row), cellOf(smallOf(row)));
  }),
  ...PAPER_ROWS.filter((row) => reports(row, 'smoothout')).flatMap((row) => {
    const table = row.gapFrom === undefined ? 'Table 2' : 'Table 3';
    const batch = row.id.endsWith('-sb') ? 'small' : 'large';
    const [plain, smooth] = [cellOf(row), cellOf(row, 'smoothout')];
    return [
      claimed(`SmoothOut raises the accuracy at a ${batch} batch.`, table, 'accuracy', smooth, plain),
      claimed(`SmoothOut finds a flatter minimum at a ${batch} batch.`, table, 'sharpness', plain, smooth),
    ];
  }),
  ...PAPER_ROWS.filter((row) => reports(row, 'adasmoothout')).map((row) => {
    const rival = cellOf(row, reports(row, 'smoothout') ? 'smoothout' : 'baseline');
    const over = rival.method === 'smoothout' ? 'SmoothOut' : 'the baseline';
    const statement = `AdaSmoothOut gains more than ${over}.`;
    return claimed(statement, 'Table 3', 'accuracy', cellOf(row, 'adasmoothout'), rival);
  }),
  claimed(
    `AdaSmoothOut closes the gap to the small batch, to ${GAP_LEFT} points or less.`,
    'Table 3',
    'accuracy',
    cellOf(paperRow('resnet44-cifar100-lb-gbn'), 'adasmoothout'),
    cellOf(paperRow('resnet44-cifar100-sb')),
    -GAP_LEFT,
  ),
  ...PAPER_FIGURES.filter(({ kind }) => kind === 'sensitivity').flatMap(({ id, series }) => {
    const statement = 'Noise raises the loss more at a large batch’s minimum than at a small batch’s.';
    const [less, more] = Object.values(series);
    return less && more ? [claimed(statement, figureTitle(id), 'rise', more, less)] : [];
  }),
];

/** Null for what the paper gives no numbers of. */
function publishedEffect({ quantity, more, less }: Claim): number | null {
  if (quantity === 'rise') return null;
  return more.row.results[more.method]![quantity] - less.row.results[less.method]![quantity];
}

/** Where the paper's own numbers show no difference (F1's sharpness at 256 is 0.0000 on both sides) it claims none. */
const CLAIMS = ALL_CLAIMS.filter((claim) => claim.threshold !== 0 || (publishedEffect(claim) ?? 1) > 0);

type Word = 'reproduced' | 'contradicted' | 'undecided' | 'not run';

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
  /**
   * The paper's own effect: single runs, so without an interval. Null for sharpness in another convention than that of the
   * authors' code, which its numbers come from: they differ a hundredfold and more.
   */
  readonly published: number | null;
  /**
   * Of an undecided claim: the seeds a side that would show an effect as large as the paper's, or, without one, as large as
   * the one seen; null beyond a thousand.
   */
  readonly seedsNeeded: number | null;
  /** Whether the interval leaves out an effect as large as the paper's. */
  readonly excludesPublished: boolean;
  readonly more: Group | null;
  readonly less: Group | null;
}

/** Every claim with the paper's settings, and with the authors' where there are runs with them. */
export function verdicts(groups: readonly Group[], curves: readonly CurveFile[]): Verdict[] {
  return (['paper', 'reference'] as const).flatMap((preset) =>
    CLAIMS.flatMap((claim) => {
      const quantities: readonly Quantity[] = claim.quantity === 'sharpness' ? CONVENTION_NAMES : [claim.quantity];
      const [more, less] = [groupOf(groups, claim.more, preset), groupOf(groups, claim.less, preset)];
      if (preset === 'reference' && !more && !less) return [];
      return quantities.map((quantity) =>
        verdict(claim, quantity, preset, { effect: effectOf(quantity, more, less, curves), more, less }),
      );
    }),
  );
}

/** The runs of a cell with this preset; of several groups the one that the paper's tables would show, else that of most seeds. */
function groupOf(groups: readonly Group[], { row, method }: PaperCell, preset: string): Group | null {
  const own = groups.filter(
    ({ standing, settings }) =>
      standing.row === row &&
      standing.method === method &&
      standing.deviations.length === 0 &&
      settings.preset === preset,
  );
  return choose(own, row) ?? own.toSorted((a, b) => b.runs.length - a.runs.length)[0] ?? null;
}

function verdict(
  claim: Claim,
  quantity: Quantity,
  preset: Verdict['preset'],
  sides: Pick<Verdict, 'effect' | 'more' | 'less'>,
): Verdict {
  const { statement, table, threshold } = claim;
  const { effect } = sides;
  const published = quantity === 'accuracy' || quantity === 'reference' ? publishedEffect(claim) : null;
  const word = wordFor(effect, threshold);
  const known = effect !== null && hasInterval(effect);
  const size = Math.abs((published ?? effect?.mean ?? 0) - threshold);
  return {
    ...{ statement, table, row: claim.less.row, preset, quantity, word, published, ...sides },
    seedsNeeded: word === 'undecided' && known ? seedsFor(effect, size) : null,
    excludesPublished: known && published !== null && Math.abs(effect.mean - published) > effect.ci95,
  };
}

function effectOf(
  quantity: Quantity,
  more: Group | null,
  less: Group | null,
  curves: readonly CurveFile[],
): Difference | null {
  if (more === null || less === null) return null;
  if (quantity === 'rise') return difference(...rises([more, less], curves));
  const bySeed = (group: Group) => (quantity === 'accuracy' ? accuracies(group) : sharpnesses(group, quantity));
  return difference(bySeed(more), bySeed(less));
}

/** Differences that are all the same, but for rounding, give no interval: a few more seeds would show it to be too narrow. */
const hasInterval = (effect: Difference): effect is Difference & { readonly ci95: number } =>
  effect.ci95 !== null && effect.ci95 > 1e-9 * Math.abs(effect.mean);

function wordFor(effect: Difference | null, threshold: number): Word {
  if (effect === null) return 'not run';
  const above = effect.mean - threshold;
  if (!hasInterval(effect) || Math.abs(above) <= effect.ci95) return 'undecided';
  return above > 0 ? 'reproduced' : 'contradicted';
}

const MOST_SEEDS = 1000;

/** The least n with t(0.975, n − 1)·s/√n ≤ size, for the standard deviation s that the effect's interval has. */
function seedsFor({ ci95, n }: Difference & { readonly ci95: number }, size: number): number | null {
  const deviation = (ci95 * Math.sqrt(n)) / studentQuantile(0.95, n - 1);
  for (let seeds = 2; seeds <= MOST_SEEDS; seeds++) {
    if ((studentQuantile(0.95, seeds - 1) * deviation) / Math.sqrt(seeds) <= size) return seeds;
  }
  return null;
}

/** What the verdict rests on, in a sentence; empty for a claim that is not run. */
export function reasonFor({ word, effect, seedsNeeded, excludesPublished, published }: Verdict): string {
  if (effect === null) return '';
  if (effect.ci95 === null) return 'one seed a side has no interval';
  if (!hasInterval(effect)) return 'the difference is the same for every seed, so that it has no interval';
  const seen = word === 'undecided' ? `these seeds could have shown ${Number(effect.ci95.toPrecision(2))}` : '';
  const which = published === null ? 'as large as this one' : 'of the paper’s size';
  const needed = seedsNeeded === null ? '' : `${seedsNeeded} seeds would show an effect ${which}`;
  const size = excludesPublished ? `the paper’s ${published?.toFixed(2)} is outside the interval` : '';
  return [seen, size || needed].filter(Boolean).join('; ');
}
