/** runs.csv: every run that was read, with its accuracies, its sharpness and where it stands. */
import { noiseOf } from '../deviation-rules.js';
import type { Group } from '../groups.js';
import { generalisationGap, measurementOf, type Run } from '../runs.js';
import { standingOf } from '../standing.js';
import { type CsvRow, conventionColumns, decimal, named } from './cells.js';

/**
 * Every run that was read, finished or not: both accuracies, every sharpness, and where it stands. `in_tables` is "yes"
 * for the runs that the tables' means are over; `deviations` says why not of the others.
 */
export function runsCsv(runs: readonly Run[], apart: readonly Group[]): CsvRow[] {
  const apartRuns = new Set<Run>(apart.flatMap((group) => group.runs));
  return runs.map((run) => {
    const { record, settings } = run;
    const standing = standingOf(run);
    const finished = record.status === 'completed';
    return {
      folder: run.folder,
      status: record.status,
      ...named(settings),
      generated_data: record.data.synthetic ? 'yes' : 'no',
      method: settings.method.name,
      a: noiseOf(settings).a ?? '',
      preset: settings.preset,
      batch_size: settings.batchSize,
      ghost_batch_size: settings.ghostBatchSize ?? '',
      epochs: record.epochs,
      epochs_done: record.epochsDone,
      seed: record.seed,
      best_epoch: record.bestEpoch ?? '',
      best_accuracy: decimal(record.bestAccuracy),
      last_accuracy: decimal(record.finalAccuracy),
      generalisation_gap: decimal(generalisationGap(run)),
      ...conventionColumns('sharpness', (convention) => measurementOf(run, convention)?.value),
      images_per_second: record.imagesPerSecond === null ? '' : Math.round(record.imagesPerSecond),
      seconds: Math.round(record.seconds),
      engine: record.engine,
      device: record.device,
      in_tables: finished && !apartRuns.has(run) ? 'yes' : 'no',
      deviations: [...(finished ? [] : [record.status]), ...standing.deviations].join('; '),
      notes: standing.notes.join('; '),
    };
  });
}
