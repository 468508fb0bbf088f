/** Which measure goes with generalisation: rank correlations, and what they show in a sentence. */
import { datasetTitle } from '../../data/catalogue.js';
import { type Coefficient, type CorrelationRow, coefficientText, LEAST_RUNS, TARGETS } from '../correlations.js';
import { html } from '../page/html.js';
import { dataTitle } from '../paper.js';
import { decimal, yesNo } from './columns.js';
import { type Column, type Table, table } from './table.js';

type Row = CorrelationRow;

/** In bold where the interval leaves out zero; in the CSV file its ends follow. */
const coefficientColumns = (csv: string, title: string, of: (row: Row) => Coefficient | null): Column<Row>[] => [
  {
    ...{ csv, title, numeric: true, value: (row) => decimal(of(row)?.value) },
    cell(row) {
      const text = coefficientText(of(row));
      return { content: clearSign(of(row)) === 0 ? text : html`<b>${text}</b>`, sort: of(row)?.value ?? '' };
    },
  },
  { csv: `${csv}_low`, value: (row) => decimal(of(row)?.interval?.low) },
  { csv: `${csv}_high`, value: (row) => decimal(of(row)?.interval?.high) },
];

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ csv: 'dataset', title: 'Data', value: ({ dataset }) => datasetTitle(dataset) },
    cell: ({ dataset, synthetic }) => dataTitle(dataset, synthetic),
  },
  { csv: 'generated_data', value: ({ synthetic }) => yesNo(synthetic) },
  { csv: 'dnn', title: 'DNN', value: ({ network }) => network ?? 'all' },
  { csv: 'measure', title: 'Measure', wrap: true, value: ({ measure }) => measure },
  { csv: 'target', title: 'With', value: ({ target }) => TARGETS[target].title },
  { csv: 'runs', title: 'Runs', numeric: true, value: ({ points }) => points.length },
  ...coefficientColumns('kendall', 'Kendall’s τ', ({ kendall }) => kendall),
  ...coefficientColumns('spearman', 'Spearman’s ρ', ({ spearman }) => spearman),
  ...coefficientColumns('granulated', 'One setting, Ψ', ({ granulated }) => granulated),
  {
    csv: 'granulated_by_setting',
    value: ({ bySetting }) => [...bySetting].map(([name, value]) => `${name} ${decimal(value)}`).join('; '),
  },
  { csv: 'verdict', title: 'What the runs show', wrap: true, value: sentenceOf },
];

export function correlationsTable(rows: readonly Row[]): Table {
  const explanation = html`Rank correlations over the completed runs of a data set, at least ${LEAST_RUNS}, with 95 % bootstrap
intervals over runs; in bold where they leave out zero. Ψ is the granulated coefficient of Jiang et al. (2020): pairs of runs
that differ in one setting alone, and perhaps the seed, so that what sets the settings apart is no explanation. Seeds of one
setting are alike, so the intervals are rather too narrow; and with many measures one in twenty leaves out zero by chance.`;
  return table({
    ...{ name: 'correlations', title: 'Which measure goes with generalisation', link: 'Measures', explanation },
    ...{ file: 'maybe', columns: COLUMNS, rows },
  });
}

/** Whether the interval leaves out zero: 1 above, −1 below, 0 where it does not, or there is none. */
function clearSign(coefficient: Coefficient | null): -1 | 0 | 1 {
  const interval = coefficient?.interval;
  if (interval == null) return 0;
  if (interval.low > 0) return 1;
  return interval.high < 0 ? -1 : 0;
}

/** What the runs show of a measure, in one sentence. */
export function sentenceOf(row: CorrelationRow): string {
  const { dataset, synthetic, network, points, target, kendall: tau, granulated: psi } = row;
  const where = `Over ${points.length} runs of ${network ?? 'several networks'} on ${dataTitle(dataset, synthetic)}`;
  const { title } = TARGETS[target];
  const [over, within] = [clearSign(tau), clearSign(psi)];
  const all = `τ = ${coefficientText(tau)}`;
  const single = 'among runs that differ in one setting alone';
  const ofSingle = psi === null ? '' : ` (Ψ = ${coefficientText(psi)})`;
  if (over === 0 && within === 0) return `${where} it shows no relation with the ${title} (${all})${ofSingle}.`;
  if (over === 0)
    return `${where} it shows no relation with the ${title} (${all}), but ${single} more of it goes with a ${sizeOf(within)} one${ofSingle}.`;
  const start = `${where} more of it goes with a ${sizeOf(over)} ${title} (${all})`;
  if (psi === null) return `${start}.`;
  if (within === over) return `${start}, and so it does ${single}${ofSingle}.`;
  return `${start}, but ${within === 0 ? 'that is not clear' : 'it is the other way'} ${single}${ofSingle}.`;
}

const sizeOf = (sign: number): string => (sign > 0 ? 'larger' : 'smaller');
