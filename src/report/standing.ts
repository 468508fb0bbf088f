/** How a run stands to the paper's tables: in which cell, or why in none. */
import { learningRateAt } from '../optim/learning-rate.js';
import { hasGhostBatches, isReported, RULES } from './deviation-rules.js';
import { PAPER_METHODS, PAPER_ROWS, type PaperMethod, type PaperRow } from './paper.js';
import type { Run } from './runs.js';

export interface Standing {
  /** The row whose columns of Table 1 it has, if any. */
  readonly row: PaperRow | null;
  readonly method: PaperMethod | null;
  /** Why it is not the row all the same: fewer epochs, generated data … With any of these it never enters a table. */
  readonly deviations: readonly string[];
  /** What Table 1 does not say and the run has chosen otherwise than the paper's text and the authors' code. */
  readonly notes: readonly string[];
}

export function standingOf(run: Run): Standing {
  const { settings, record } = run;
  const row = PAPER_ROWS.find((candidate) => hasColumnsOf(run, candidate)) ?? null;
  const method = PAPER_METHODS.find((name) => name === settings.method.name) ?? null;
  const synthetic = record.data.synthetic || settings.synthetic;
  const subject = { settings, synthetic, runs: [run], row, method };
  const broken = RULES.map((rule) => ({ ...rule, own: rule.here(subject) }));
  const deviations = broken.flatMap(({ own, apart }) => (own && apart?.(own, subject)) || []);
  if (row === null) return { row, method, deviations: [...deviations, 'other settings'], notes: [] };
  if (!isReported(row, method)) deviations.push('a method not reported for this row');
  const { name, label } = settings.method;
  const notes = [
    ...(settings.preset === 'reference' ? ['preset reference'] : []),
    ...Object.values(settings.tuning ?? {}),
    ...broken.flatMap(({ own, note }) => (own && note?.(own, row, settings)) || []),
    ...(label === name ? [] : [`labelled ${label}`]),
  ];
  return { row, method, deviations, notes };
}

function hasColumnsOf({ settings }: Run, row: PaperRow): boolean {
  return (
    settings.model === row.model &&
    settings.dataset === row.dataset &&
    settings.batchSize === row.batchSize &&
    settings.augment === row.augment &&
    settings.optimizer.name === row.optimizer &&
    hasGhostBatches(settings) === row.ghostBatches &&
    // Table 1 rounds 0.1·√8 = 0.2828 to 0.283 and 0.01·√128 = 0.1131 to 0.113.
    Math.abs(learningRateAt(0, settings) / row.learningRate - 1) < 0.005
  );
}
