/** comparison.csv: two folders of results side by side. */
import type { Group } from '../groups.js';
import type { Comparison } from '../results.js';
import { accuracy, type CsvRow, decimal, differenceColumns, named, seeds, sharpnessColumns } from './cells.js';

/** A line for each pair; `left` and `right` are the folders in the order they were given. */
export function comparisonCsv({ pairs }: Comparison): CsvRow[] {
  return pairs.map(({ present, left, right, difference, settings }) => {
    const { experiment, method, settings: own, claim } = present;
    return {
      experiment,
      method,
      ...named(own),
      batch_size: own.batchSize,
      ...side('left', left),
      ...side('right', right),
      ...differenceColumns('difference', difference.best),
      deviations: claim.deviations.join('; '),
      settings_left_right: settings.join('; '),
    };
  });
}

function side(name: string, group: Group | null): CsvRow {
  return {
    [`${name}_seeds`]: seeds(group),
    [`${name}_accuracy`]: decimal(accuracy(group)?.mean),
    [`${name}_accuracy_ci95`]: decimal(accuracy(group)?.ci95),
    ...sharpnessColumns(`${name}_sharpness`, group),
  };
}
