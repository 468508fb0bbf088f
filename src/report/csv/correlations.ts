/** correlations.csv: measures beside the generalisation gap and the test error. */
import { datasetTitle } from '../../data/catalogue.js';
import { type Coefficient, type CorrelationRow, sentenceOf, TARGETS } from '../correlations.js';
import { type CsvRow, decimal } from './cells.js';

export function correlationCsv(row: CorrelationRow): CsvRow {
  return {
    dataset: datasetTitle(row.dataset),
    generated_data: row.synthetic ? 'yes' : 'no',
    dnn: row.network ?? 'all',
    measure: row.measure,
    target: TARGETS[row.target].title,
    runs: row.points.length,
    ...columns('kendall', row.kendall),
    ...columns('spearman', row.spearman),
    ...columns('granulated', row.granulated),
    granulated_by_setting: [...row.bySetting].map(([name, value]) => `${name} ${decimal(value)}`).join('; '),
    verdict: sentenceOf(row),
  };
}

function columns(name: string, coefficient: Coefficient | null): CsvRow {
  return {
    [name]: decimal(coefficient?.value),
    [`${name}_low`]: decimal(coefficient?.interval?.low),
    [`${name}_high`]: decimal(coefficient?.interval?.high),
  };
}
