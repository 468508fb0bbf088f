/** beyond.csv: methods and batches that are not in the paper. */
import { strengthOf } from '../../config/methods.js';
import type { BeyondRow } from '../beyond.js';
import { accuracy, type CsvRow, decimal, differenceColumns, named, seeds, sharpnessColumns } from './cells.js';

/** Of experiments beyond the paper: no column of it is the paper's. */
export function beyondCsv({ group, average, improvement, gap, gradientEvaluations, seconds }: BeyondRow): CsvRow {
  return {
    experiment: group.experiment,
    ...named(group.settings),
    batch_size: group.settings.batchSize,
    method: group.method,
    strength: strengthOf(group.settings.method) ?? '',
    seeds: seeds(group),
    accuracy: decimal(accuracy(group)?.mean),
    accuracy_ci95: decimal(accuracy(group)?.ci95),
    average_accuracy: decimal(average?.mean),
    average_accuracy_ci95: decimal(average?.ci95),
    ...differenceColumns('improvement', improvement),
    generalisation_gap: decimal(gap?.mean),
    ...sharpnessColumns('sharpness', group),
    gradient_evaluations: gradientEvaluations === null ? '' : Math.round(gradientEvaluations.mean),
    seconds: Math.round(seconds.mean),
    generated_data: group.synthetic ? 'yes' : 'no',
  };
}
