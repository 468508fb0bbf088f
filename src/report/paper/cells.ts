import { groupBy } from '../group-by.js';
import type { Problem } from '../problem.js';
import { type Group, nameOf } from '../runs/group.js';
import { type Claim, claimOf } from './claim.js';
import { DATASET_NAMES, MODEL_NAMES, PAPER_METHODS, PAPER_ROWS, type PaperMethod, type PaperRow } from './rows.js';

export interface ClaimingGroup {
  readonly group: Group;
  readonly claim: Claim;
}

/** Which runs stand in which cell of the paper's tables, and which stand apart. */
export interface Cells {
  /** The group in the cell, or null for an empty one. */
  at(row: PaperRow, method: PaperMethod): ClaimingGroup | null;
  /** Every group in a cell, in the order of the paper's tables. */
  readonly placed: readonly ClaimingGroup[];
  /** Every group in no cell: shorter, on generated data, of other settings, or passed over for another group. */
  readonly apart: readonly ClaimingGroup[];
  readonly problems: readonly Problem[];
}

/** "F1 on MNIST, batch 6000", with what sets it apart from the paper's rows. */
export function describeGroup({ group, claim }: ClaimingGroup): string {
  const { model, dataset, batchSize } = group.runs[0]!.settings;
  return [`${MODEL_NAMES[model]} on ${DATASET_NAMES[dataset]}`, `batch ${batchSize}`, ...claim.deviations].join(', ');
}

const keyOf = (row: PaperRow, method: PaperMethod): string => `${row.id}/${method}`;

/**
 * Gives each cell at most one group of runs.
 *
 * Groups of different settings are never averaged. Where several claim one cell, those with the fewest notes go first (so
 * `preset: paper` before `preset: reference`), then the experiment named as the row's own config; if that does not decide,
 * the cell stays empty. Whatever is decided is a problem to report, and those passed over are shown apart. Within a row a
 * preset is not mixed with the other: the baseline of one says nothing about the SmoothOut of the other.
 */
export function assignCells(groups: readonly Group[]): Cells {
  const claiming = groups.map((group): ClaimingGroup => ({ group, claim: claimOf(group.runs[0]!) }));
  const cells = new Map<string, ClaimingGroup>();
  const problems: Problem[] = [];
  const eligible = claiming.filter(({ claim }) => claim.deviations.length === 0);
  for (const [row, candidates] of groupBy(eligible, ({ claim }) => claim.row!)) {
    const paper = candidates.filter(({ group }) => group.runs[0]!.settings.preset === 'paper');
    const ofOnePreset = paper.length > 0 ? paper : candidates;
    for (const [method, rivals] of groupBy(candidates, ({ claim }) => claim.method!)) {
      const winner = choose(
        rivals.filter((rival) => ofOnePreset.includes(rival)),
        row,
      );
      if (winner !== null) cells.set(keyOf(row, method), winner);
      if (rivals.length > 1 || winner === null) problems.push(conflict(row, method, rivals, winner));
    }
  }
  const at = (row: PaperRow, method: PaperMethod): ClaimingGroup | null => cells.get(keyOf(row, method)) ?? null;
  const placed = PAPER_ROWS.flatMap((row) => PAPER_METHODS.flatMap((method) => at(row, method) ?? []));
  return {
    at,
    placed,
    apart: claiming.filter((group) => !placed.includes(group)),
    problems,
  };
}

function choose(rivals: readonly ClaimingGroup[], row: PaperRow): ClaimingGroup | null {
  const fewest = Math.min(...rivals.map(({ claim }) => claim.notes.length));
  const best = rivals.filter(({ claim }) => claim.notes.length === fewest);
  if (best.length <= 1) return best[0] ?? null;
  const own = best.filter(({ group }) => group.experiment === row.id);
  return own.length === 1 ? own[0]! : null;
}

function conflict(
  row: PaperRow,
  method: PaperMethod,
  rivals: readonly ClaimingGroup[],
  winner: ClaimingGroup | null,
): Problem {
  const names = rivals.map(({ group }) => nameOf(group)).join(' and ');
  const decision =
    winner === null ? 'the cell stays empty' : `the cell shows ${nameOf(winner.group)}, the others stand apart`;
  return {
    where: `${MODEL_NAMES[row.model]} on ${DATASET_NAMES[row.dataset]}, batch ${row.batchSize}, ${method}`,
    what:
      rivals.length === 1
        ? `${names} follows preset reference, and another run of this row preset paper; ${decision}`
        : `claimed by ${names}, whose settings differ; ${decision}`,
  };
}
