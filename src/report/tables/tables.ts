import type { Cells, ClaimingGroup } from '../paper/cells.js';
import {
  PAPER_METHODS,
  PAPER_ROWS,
  type PaperMethod,
  type PaperResult,
  type PaperRow,
  paperRow,
  TABLE2_ROWS,
  TABLE3_ROWS,
} from '../paper/rows.js';
import { accuracies, type Epoch } from '../runs/group.js';
import { type Difference, difference } from '../statistics/interval.js';

/** Every row of the paper's Table 1, with the runs that stand in it. */
export interface Table1Row {
  readonly row: PaperRow;
  readonly paper: PaperResult;
  readonly baseline: ClaimingGroup | null;
}

export interface Table2Row {
  readonly row: PaperRow;
  readonly paper: { readonly baseline: PaperResult; readonly smoothout: PaperResult };
  readonly baseline: ClaimingGroup | null;
  readonly smoothout: ClaimingGroup | null;
  /** SmoothOut − baseline, percentage points. */
  readonly improvement: Readonly<Record<Epoch, Difference | null>>;
}

export interface Table3Row {
  readonly row: PaperRow;
  readonly method: PaperMethod;
  readonly paper: PaperResult & { readonly gap: number };
  readonly group: ClaimingGroup | null;
  readonly smallBatch: ClaimingGroup | null;
  /** Small-batch baseline − this, percentage points. */
  readonly gap: Readonly<Record<Epoch, Difference | null>>;
}

export interface Tables {
  readonly table1: readonly Table1Row[];
  readonly table2: readonly Table2Row[];
  readonly table3: readonly Table3Row[];
}

export function buildTables(cells: Cells): Tables {
  return {
    table1: PAPER_ROWS.map((row) => ({ row, paper: row.results.baseline, baseline: cells.at(row, 'baseline') })),
    table2: TABLE2_ROWS.map((row): Table2Row => {
      const baseline = cells.at(row, 'baseline');
      const smoothout = cells.at(row, 'smoothout');
      const paper = { baseline: row.results.baseline, smoothout: row.results.smoothout! };
      return { row, paper, baseline, smoothout, improvement: differences(smoothout, baseline) };
    }),
    table3: TABLE3_ROWS.flatMap((row) => {
      const smallBatchRow = paperRow(row.gapFrom!);
      const smallBatch = cells.at(smallBatchRow, 'baseline');
      return PAPER_METHODS.flatMap((method): Table3Row[] => {
        const result = row.results[method];
        if (result === undefined) return [];
        const group = cells.at(row, method);
        const gap = smallBatchRow.results.baseline.accuracy - result.accuracy;
        return [{ row, method, paper: { ...result, gap }, group, smallBatch, gap: differences(smallBatch, group) }];
      });
    }),
  };
}

function differences(left: ClaimingGroup | null, right: ClaimingGroup | null): Record<Epoch, Difference | null> {
  const of = (epoch: Epoch): Difference | null =>
    left === null || right === null ? null : difference(accuracies(left.group, epoch), accuracies(right.group, epoch));
  return { best: of('best'), last: of('last') };
}
