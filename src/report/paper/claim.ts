import type { Run } from '../runs/run.js';
import { PAPER_METHODS, PAPER_ROWS, type PaperMethod, type PaperRow } from './rows.js';

/** How a run stands to the paper's tables. */
export interface Claim {
  /** The row whose columns of Table 1 it has, if any. */
  readonly row: PaperRow | null;
  readonly method: PaperMethod | null;
  /** Why it is not the row all the same: fewer epochs, generated data … With any of these it never enters a table. */
  readonly deviations: readonly string[];
  /** What Table 1 does not say and the run has chosen otherwise than the paper's text and the authors' code. */
  readonly notes: readonly string[];
}

/** What the text or the code says beyond Table 1's columns (reference.md 2): for each optimizer, the values that are no choice. */
const EXPECTED = {
  adam: { weightDecay: [0, 1e-4], schedule: [] },
  resnet44: { weightDecay: [1e-4], schedule: [81, 122, 164] },
  alexnet: { weightDecay: [5e-4], schedule: [20, 40] },
} as const;

export function claimOf(run: Run): Claim {
  const { settings, record } = run;
  const row = PAPER_ROWS.find((candidate) => hasColumnsOf(run, candidate)) ?? null;
  const method = PAPER_METHODS.find((name) => name === settings.method.name) ?? null;
  const deviations: string[] = [];
  if (record.data.synthetic || settings.synthetic) deviations.push('generated data');
  if (row !== null && settings.epochs < row.epochs) deviations.push(`${settings.epochs} of ${row.epochs} epochs`);
  if (row !== null && settings.epochs > row.epochs)
    deviations.push(`${settings.epochs} epochs instead of ${row.epochs}`);
  if (settings.init !== null) deviations.push('started from given parameters');
  if (settings.trainLimit !== null) deviations.push(`first ${settings.trainLimit} training images only`);
  if (settings.validationLimit !== null) deviations.push(`first ${settings.validationLimit} validation images only`);
  if (settings.validation !== 'test')
    deviations.push(`accuracy on ${settings.validation.slice(8)} held-out training images`);
  if (row === null) deviations.push('other settings');
  else if (method === null || row.results[method] === undefined) deviations.push('a method not reported for this row');
  return { row, method, deviations, notes: row === null ? [] : notesOf(run, row) };
}

function hasColumnsOf({ settings }: Run, row: PaperRow): boolean {
  return (
    settings.model === row.model &&
    settings.dataset === row.dataset &&
    settings.batchSize === row.batchSize &&
    settings.augment === row.augment &&
    settings.optimizer.name === row.optimizer &&
    (settings.ghostBatchSize !== null && settings.ghostBatchSize < settings.batchSize) === row.ghostBatches &&
    // Table 1 rounds 0.1·√8 = 0.2828 to 0.283 and 0.01·√128 = 0.1131 to 0.113.
    Math.abs(settings.initialLearningRate / row.learningRate - 1) < 0.005
  );
}

function notesOf({ settings }: Run, row: PaperRow): string[] {
  const { optimizer, method } = settings;
  const expected = EXPECTED[row.model === 'resnet44' || row.model === 'alexnet' ? row.model : 'adam'];
  // AlexNet's AdaSmoothOut goes without either regularizer (paper, 4.2).
  const unregularised = row.model === 'alexnet' && method.name === 'adasmoothout';
  const weightDecays: readonly number[] = unregularised ? [0] : expected.weightDecay;
  const notes: string[] = [];
  if (settings.preset === 'reference') notes.push('preset reference');
  if (!weightDecays.includes(optimizer.weightDecay)) notes.push(`weight decay ${optimizer.weightDecay}`);
  if (optimizer.name === 'sgd' && optimizer.momentum !== 0.9) notes.push(`momentum ${optimizer.momentum}`);
  if (settings.schedule.map(({ epoch, factor }) => `${epoch}:${factor}`).join() !== scheduleOf(expected.schedule)) {
    notes.push('another learning rate schedule');
  }
  if (settings.dropout !== null && !(unregularised && settings.dropout === 0))
    notes.push(`dropout ${settings.dropout}`);
  if (settings.ghostBatchSize !== null && row.ghostBatches && settings.ghostBatchSize !== 128) {
    notes.push(`ghost batches of ${settings.ghostBatchSize}`);
  }
  if (method.label !== undefined && method.label !== method.name) notes.push(`labelled ${method.label}`);
  return notes;
}

/** Each step divides the learning rate by ten once more. */
function scheduleOf(epochs: readonly number[]): string {
  return epochs.map((epoch, i) => `${epoch}:${Number(`1e-${i + 1}`)}`).join();
}
