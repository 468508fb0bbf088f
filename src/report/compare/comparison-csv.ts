import type { ClaimingGroup } from '../paper/cells.js';
import { DATASET_NAMES, MODEL_NAMES } from '../paper/rows.js';
import { meanAccuracy, sharpness } from '../runs/group.js';
import { CONVENTION_ENDINGS, type CsvRow, decimal } from '../tables/csv-files.js';
import type { Comparison } from './compare.js';

/** A line for each pair; `left` and `right` are the folders in the order they were given. */
export function comparisonCsv({ pairs }: Comparison): CsvRow[] {
  return pairs.map(({ left, right, difference, settings }) => {
    const { group, claim } = (left ?? right)!;
    const { model, dataset, batchSize } = group.runs[0]!.settings;
    return {
      experiment: group.experiment,
      method: group.method,
      dnn: MODEL_NAMES[model],
      dataset: DATASET_NAMES[dataset],
      batch_size: batchSize,
      ...side('left', left),
      ...side('right', right),
      difference: decimal(difference.best?.mean),
      difference_ci95: decimal(difference.best?.ci95),
      deviations: claim.deviations.join('; '),
      settings_left_right: settings.join('; '),
    };
  });
}

function side(name: string, cell: ClaimingGroup | null): CsvRow {
  const accuracy = cell === null ? null : meanAccuracy(cell.group);
  return {
    [`${name}_seeds`]: accuracy?.n ?? 0,
    [`${name}_accuracy`]: decimal(accuracy?.mean),
    [`${name}_accuracy_ci95`]: decimal(accuracy?.ci95),
    ...Object.fromEntries(
      CONVENTION_ENDINGS.map(([convention, ending]) => [
        `${name}_sharpness${ending}`,
        decimal(cell === null ? null : sharpness(cell.group, convention)?.mean),
      ]),
    ),
  };
}
