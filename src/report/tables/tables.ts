/** Every table of the report: a new one is a file beside this and a line here. */
import type { Results } from '../results.js';
import { verdicts } from '../verdicts.js';
import { apartTable } from './apart.js';
import { beyondTable } from './beyond.js';
import { claimsTable } from './claims.js';
import { type ComparedResults, comparisonTable } from './comparison.js';
import { correlationsTable } from './correlations.js';
import { curvatureTable } from './curvature.js';
import { deviationsTable } from './deviations.js';
import { paperTables } from './paper-tables.js';
import { runsTable, unfinishedTable } from './runs.js';
import { spentTable } from './spent.js';
import type { Table } from './table.js';

/** In the order of the page. */
export interface Tables {
  readonly claims: Table;
  readonly results: readonly Table[];
  /** What the results rest on. */
  readonly evidence: readonly Table[];
}

export function tablesOf(results: Results, comparison: ComparedResults | null): Tables {
  const { runs, unfinished, groups, cells, outside, curves, correlations, curvature } = results;
  return {
    claims: claimsTable(verdicts(groups, curves.files)),
    results: [
      ...(comparison === null ? [] : [comparisonTable(comparison)]),
      ...paperTables(cells),
      beyondTable(groups),
      apartTable(outside),
      correlationsTable(correlations),
      curvatureTable(curvature),
    ],
    evidence: [deviationsTable(groups), unfinishedTable(unfinished), spentTable(runs), runsTable(runs, cells)],
  };
}

export const allTables = ({ claims, results, evidence }: Tables): Table[] => [claims, ...results, ...evidence];
