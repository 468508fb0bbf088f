/** unfinished.csv and spent.csv: what the results do not show of themselves. */
import type { Run } from '../runs.js';
import type { SpentRow } from '../spent.js';
import { type CsvRow, decimal } from './cells.js';

export const UNFINISHED_COLUMNS = ['folder', 'status', 'epochs_done', 'epochs', 'seconds', 'device', 'code', 'error'];

/** A run that failed, diverged, was interrupted or never said that it ended. */
export function unfinishedCsv({ folder, record }: Run): CsvRow {
  const { status, epochsDone, epochs, seconds, device, error } = record;
  return {
    ...{ folder, status, epochs_done: epochsDone, epochs, seconds: Math.round(seconds), device },
    ...{ code: error?.code ?? '', error: error?.message ?? '' },
  };
}

export function spentCsv({ engine, device, processor, threads, activity, outcome, count, hours }: SpentRow): CsvRow {
  return { engine, device, processor, threads, activity, outcome, count, hours: decimal(hours) };
}
